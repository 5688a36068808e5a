// Each Node client once, with the hosts written into it: node hard_coded.mjs [NAME …]
// Every one asks https://api.toplyne.io for a path that names it, or sends one event to Segment.
import https from 'node:https'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

const clients = {
  fetch: (url) => fetch(url),
  undici: async (url) => (await import('undici')).request(url),
  https: (url) =>
    new Promise((resolve, reject) => {
      https.get(url, (response) => response.resume().on('end', resolve)).on('error', reject)
    }),
  axios: async (url) => (await import('axios')).default.get(url, { validateStatus: null }),
  got: async (url) => (await import('got')).got(url, { throwHttpErrors: false, retry: { limit: 0 } }),
  'node-fetch': async (url) => (await import('node-fetch')).default(url),
  '@segment/analytics-node': async () => {
    const { Analytics } = await import('@segment/analytics-node')
    const analytics = new Analytics({ writeKey: 'key', maxRetries: 0 })
    analytics.track({ userId: 'u1', event: 'Signed Up' })
    await analytics.closeAndFlush({ timeout: 10000 })
  },
  '@analytics/segment': async () => {
    const segment = require('@analytics/segment')({ writeKey: 'key' })
    await segment.track({ payload: { userId: 'u1', event: 'Signed Up', properties: {} }, config: {} })
  }
}

const named = process.argv.slice(2)
for (const name of named.length ? named : Object.keys(clients)) {
  try {
    await clients[name](`https://api.toplyne.io/v1/caught/${encodeURIComponent(name)}`)
  } catch (error) {
    console.error(`${name}: ${error.code ?? ''} ${error.cause ?? error}`)
  }
}
// no process.exit: the last one sends in the background
