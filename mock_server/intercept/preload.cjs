// Preload: redirects a Node process's connections to the caught hosts to the gateway.
//
// A run writes this file into its folder, with a call of `start` at the end, for NODE_OPTIONS. So it
// uses only Node's own modules, and runs before anything else in the process.
"use strict";

const ADDRESS = "127.83.69.71"; // what a caught name resolves to
const RUN = "TOPLYNE_SANDBOX_RUN";
const JOINED = { PYTHONPATH: ":", NODE_OPTIONS: " " };

function start({ folder, hosts, port, certificate, deny, variables }) {
  const net = require("net");
  const tls = require("tls");
  const dns = require("dns");
  const util = require("util");
  const children = require("child_process");

  const caught = new Set(hosts);
  const isCaught = (host) =>
    typeof host === "string" && caught.has(host.toLowerCase().replace(/\.$/, ""));
  const isHere = (host) => /^(localhost$|127\.|::1$|::ffff:127\.|0\.0\.0\.0$|::$)/.test(host);

  function change(owner, name, make) {
    const real = owner[name];
    const made = make(real);
    const promised = Object.getOwnPropertyDescriptor(real, util.promisify.custom);
    if (promised) Object.defineProperty(made, util.promisify.custom, promised);
    owner[name] = made;
  }

  // all clients connect through this method: http, https, http2, fetch, undici
  change(net.Socket.prototype, "connect", (real) => function connect(...args) {
    const normalized = Array.isArray(args[0]) ? args[0] : null;
    let options = normalized ? normalized[0] : args[0];
    if (typeof options === "number" || (typeof options === "string" && /^\d+$/.test(options))) {
      options = { port: options };
      if (typeof args[1] === "string") options.host = args.splice(1, 1)[0];
    }
    if (options === null || typeof options !== "object" || options.path) {
      return real.apply(this, args);
    }
    const host = options.host || "localhost";
    if (isCaught(host) || host === ADDRESS) {
      options = { ...options, host: "127.0.0.1", port, lookup: undefined, family: 4 };
    } else if (deny && !isHere(host)) {
      const error = new Error(`toplyne-sandbox run denies ${host}`);
      process.nextTick(() => this.destroy(Object.assign(error, { code: "ECONNREFUSED" })));
      return this;
    }
    if (normalized) normalized[0] = options;
    else args[0] = options;
    return real.apply(this, args);
  });

  // make clients with their own bundle trust our certificate, which is valid for the caught hosts only
  change(tls, "createSecureContext", (real) => function createSecureContext(options) {
    if (!options || !options.ca) return real.call(this, options);
    return real.call(this, { ...options, ca: [].concat(options.ca, certificate) });
  });

  const found = (options) =>
    options && options.all ? [[{ address: ADDRESS, family: 4 }]] : [ADDRESS, 4];
  change(dns, "lookup", (real) => function lookup(name, options, callback) {
    if (!isCaught(name)) return real.apply(this, arguments);
    const answer = callback || options;
    process.nextTick(() => answer(null, ...found(callback ? options : null)));
    return {};
  });
  change(dns.promises, "lookup", (real) => async function lookup(name, options) {
    if (!isCaught(name)) return real.apply(this, arguments);
    return options && options.all ? found(options)[0] : { address: ADDRESS, family: 4 };
  });

  // add our variables to the environment that a child is given, unless it belongs to an inner run
  function completed(environment) {
    if ((environment[RUN] ?? variables[RUN]) !== variables[RUN]) return environment;
    const all = { ...variables, ...environment };
    for (const [name, between] of Object.entries(JOINED)) {
      const [ours, theirs] = [variables[name], environment[name]];
      if (ours && theirs && !theirs.includes(ours)) all[name] = theirs + between + ours;
    }
    return all;
  }
  const withOurs = (arg) =>
    arg && typeof arg === "object" && !Array.isArray(arg) && arg.env
      ? { ...arg, env: completed(arg.env) }
      : arg;
  for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"]) {
    change(children, name, (real) => function (...args) {
      return real.apply(this, args.map(withOurs));
    });
  }
  change(require("worker_threads"), "Worker", (real) => class Worker extends real {
    constructor(file, options) {
      super(file, withOurs(options));
    }
  });
  require("module").syncBuiltinESMExports(); // so that import { spawn } from "child_process" sees it

  // Node 22 warns about NODE_USE_ENV_PROXY, which the user has not set
  const emit = process.emit;
  process.emit = function (name, warning) {
    const isOurs = name === "warning" && warning && warning.code === "UNDICI-EHPA";
    return isOurs ? false : emit.apply(this, arguments);
  };

  try {
    require("fs").appendFileSync(`${folder}/loaded`, `Node ${process.versions.node}\n`);
  } catch {
    // this process has outlived the run
  }
}
