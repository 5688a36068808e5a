// The page contract.
import { ready } from "./dom.js";

ready();
