// The page faults.
import { ready } from "./dom.js";

ready();
