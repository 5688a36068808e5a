'use strict'
// What `map FILE --json` does, on Segment's own runtime: reads events from a file of NDJSON, and
// prints a line of JSON for each event and mapping. For bench/mapper.py; started with the folder
// that holds node_modules, the file, and the mappings as JSON.

process.env.TZ = 'UTC'
const fs = require('fs')
const readline = require('readline')
const { createRequire } = require('module')
const path = require('path')

const root = path.resolve(process.argv[2])
const toplynePath = path.join(
  root, 'node_modules/@segment/action-destinations/dist/destinations/toplyne/index.js'
)
const fromToplyne = createRequire(toplynePath)
const corePath = fromToplyne.resolve('@segment/actions-core')
const client = createRequire(corePath)(path.join(path.dirname(corePath), 'create-request-client.js'))

console.log = console.info = console.debug = console.error

const core = fromToplyne('@segment/actions-core')
const destination = new core.Destination(require(toplynePath).default)
const subscriptions = JSON.parse(process.argv[4])

let request = null
client.default = () => async (url, options) => {
  request = { method: options.method, path: new URL(url).pathname, json: options.json }
  return { status: 202, ok: true }
}

async function main() {
  const lines = readline.createInterface({ input: fs.createReadStream(process.argv[3]) })
  const out = fs.createWriteStream('/dev/stdout')
  let number = 0
  for await (const line of lines) {
    const event = JSON.parse(line)
    let text = ''
    for (const subscription of subscriptions) {
      const told = {
        event: number, messageId: event.messageId, mapping: subscription.name,
        action: subscription.partnerAction, outcome: 'skipped', request: null, problems: [], code: null
      }
      request = null
      try {
        await destination.onEvent(event, { apiKey: 'key', subscriptions: [subscription] })
        if (request) Object.assign(told, { outcome: 'mapped', request })
      } catch (error) {
        Object.assign(told, { outcome: 'rejected', problems: [{ message: error.message }] })
      }
      text += JSON.stringify(told) + '\n'
    }
    destination.responses.length = 0
    number += 1
    if (!out.write(text)) await new Promise((resolve) => out.once('drain', resolve))
  }
  out.end()
}

main()
