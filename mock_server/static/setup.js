// The page setup.
import { ready } from "./dom.js";

ready();
