'use strict'
// A Node pipeline over an archive on Segment's own runtime, for bench/replay.py: gunzip, JSON.parse,
// onEvent with the request put away. Called with the folder of node_modules, the subscriptions as
// JSON, and the files; prints the events, the requests and the seconds as JSON.

process.env.TZ = 'UTC'
const fs = require('fs')
const path = require('path')
const readline = require('readline')
const zlib = require('zlib')
const { createRequire } = require('module')

const [root, subscriptions, clock, ...files] = process.argv.slice(2)
const toplynePath = path.join(
  path.resolve(root), 'node_modules/@segment/action-destinations/dist/destinations/toplyne/index.js'
)
const fromToplyne = createRequire(toplynePath)
const corePath = fromToplyne.resolve('@segment/actions-core')
const fromCore = createRequire(corePath)
console.log = console.info = console.debug = console.error

const core = fromToplyne('@segment/actions-core')
const client = fromCore(path.join(path.dirname(corePath), 'create-request-client.js'))
const destination = new core.Destination(require(toplynePath).default)
const settings = { apiKey: 'key', subscriptions: JSON.parse(subscriptions) }

let requests = 0
client.default = () => async () => {
  requests++
  return { status: 202, ok: true }
}

const CLOCKS = {
  wall: () => Number(process.hrtime.bigint()) / 1e9,
  cpu: () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6
}

async function main() {
  const now = CLOCKS[clock]
  const start = now()
  let events = 0
  for (const file of files) {
    const input = fs.createReadStream(file).pipe(zlib.createGunzip())
    for await (const line of readline.createInterface({ input, crlfDelay: Infinity })) {
      events++
      try {
        await destination.onEvent(JSON.parse(line), settings)
      } catch (error) {
        if (error.name !== 'AggregateAjvError') throw error // a rejected event is work as well
      }
      destination.responses.length = 0
    }
  }
  process.stdout.write(JSON.stringify({ events, requests, seconds: now() - start }))
}

main()
