// 1,000 events through Segment's Node client, which is told nothing but a key.
import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({ writeKey: 'key' })
for (let n = 0; n < 1000; n++) analytics.track({ userId: `u${n % 50}`, event: 'Signed Up', properties: { n } })
await analytics.closeAndFlush({ timeout: 60000 })
