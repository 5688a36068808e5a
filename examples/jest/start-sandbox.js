// Starts the sandbox on a free port, and types both of its APIs by their OpenAPI documents.
const { spawn } = require("node:child_process");
const { mkdir, writeFile } = require("node:fs/promises");
const { createInterface } = require("node:readline");

module.exports = async () => {
  const command = ["serve", "--port", "0", "--json"];
  const server = spawn("toplyne-sandbox", command, { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((resolve, reject) => {
    server.once("error", reject); // it is not installed: pip install toplyne-sandbox
    server.once("exit", (code) => reject(new Error(`toplyne-sandbox ended with ${code}`)));
    createInterface(server.stdout).once("line", resolve);
  });
  globalThis.sandbox = server;
  process.env.SANDBOX_URL = JSON.parse(line).url;

  const { default: openapiTS, astToString } = await import("openapi-typescript");
  await mkdir(`${__dirname}/generated`, { recursive: true });
  for (const [name, path] of [["toplyne", "openapi.json"], ["control", "control.json"]]) {
    const types = await openapiTS(new URL(`/_sandbox/${path}`, process.env.SANDBOX_URL));
    await writeFile(`${__dirname}/generated/${name}.ts`, astToString(types));
  }
};
