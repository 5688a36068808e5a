// The situations a preload for Node must stand, each asking for a path that names it.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import dns from 'node:dns/promises'
import https from 'node:https'
import tls from 'node:tls'
import { Worker } from 'node:worker_threads'

const url = (name) => `https://api.toplyne.io/v1/caught/${name}`
const ended = (emitter) => new Promise((resolve) => emitter.on('exit', resolve))
const PATH = process.env.PATH
const get = (name, options = {}) =>
  new Promise((resolve, reject) => {
    https.get(url(name), options, (response) => response.resume().on('end', resolve)).on('error', reject)
  })

await fetch(url('ESM'))
await ended(new Worker(`fetch('${url('worker')}')`, { eval: true }))
await ended(new Worker(`fetch('${url('worker-env')}')`, { eval: true, env: {}, execArgv: [] }))
spawnSync(process.execPath, ['-e', `fetch('${url('child-env')}')`], { env: { A: 'b' } })
execFileSync(process.execPath, ['-e', `fetch('${url('grandchild')}')`], { env: { PATH } })
await ended(spawn('curl', ['-sS', url('curl-env')], { env: { PATH }, stdio: 'ignore' }))
await get('own-bundle', { ca: tls.rootCertificates })
const agent = new https.Agent({ keepAlive: true })
await get('keep-alive-1', { agent })
await get('keep-alive-2', { agent })
agent.destroy()
const { address } = await dns.lookup('api.toplyne.io')
await get('looked-up-before', { host: address, servername: 'api.toplyne.io', headers: { host: 'api.toplyne.io' } })
console.log(globalThis.fromPnp ?? 'no PnP')
