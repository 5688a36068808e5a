// The page try.
import { ready } from "./dom.js";

ready();
