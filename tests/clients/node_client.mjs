// Calls Segment's Node client, unmodified: node node_client.mjs URL WRITE_KEY ROUNDS
import { Analytics } from '@segment/analytics-node'

const [url, writeKey, rounds] = process.argv.slice(2)
// one batch, as several are sent at once and may arrive in any order
const analytics = new Analytics({ writeKey, host: url, maxRetries: 2, flushAt: 1000 })
analytics.on('error', (error) => {
  console.error(error)
  process.exitCode = 1
})

for (let n = 0; n < Number(rounds); n++) {
  const userId = `u${n}`
  const groupId = `g${n}`
  analytics.identify({ userId, traits: { plan: 'pro', since: new Date(Date.UTC(2020, 0, 1)) } })
  analytics.track({ userId, event: 'Order Completed', properties: { total: n + 0.5 }, context: { groupId } })
  analytics.group({ userId, groupId, traits: { seats: n } })
  analytics.page({ userId, category: 'Docs', name: 'Home', properties: { path: '/' } })
  analytics.screen({ userId, name: 'Start', properties: { tab: n } })
  analytics.alias({ userId, previousId: `anonymous-${n}` })
}

await analytics.closeAndFlush()
