// The page live.
import { ready } from "./dom.js";

ready();
