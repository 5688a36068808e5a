// The page toplyne.
import { ready } from "./dom.js";

ready();
