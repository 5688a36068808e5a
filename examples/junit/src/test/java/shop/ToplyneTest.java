package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ToplyneTest {
    @RegisterExtension
    static final Sandbox sandbox = new Sandbox();

    private static final Instant NOW = Instant.parse("2026-11-23T16:17:19.871Z");
    private Toplyne toplyne;

    @BeforeEach
    void connect() {
        toplyne = new Toplyne(sandbox.apiUrl(), sandbox.token());
    }

    @Test
    void aSignUpArrivesWithItsPlan() throws Exception {
        CompletableFuture.runAsync(() -> signUp("u1")); // nobody waits for it

        sandbox.waitForEvents(1);

        JsonNode event = sandbox.state("events").get(0);
        assertEquals("u1", event.get("userId").asText());
        assertEquals("pro", event.at("/eventProperties/plan").asText());
        assertEquals(1795450639, event.get("timestamp").asLong());
    }

    @Test
    void aBadMomentOfToplyneIsTriedAgain() throws Exception {
        sandbox.fail(503, 2);

        toplyne.signedUp("u1", "pro", NOW);

        assertEquals(List.of("503", "503", "202"), sandbox.entries("/status"));
    }

    @Test
    void whatToplyneRefusesIsNamed() throws Exception {
        IOException refused = assertThrows(IOException.class, () -> toplyne.signedUp("", "pro", NOW));

        assertTrue(refused.getMessage().startsWith("Toplyne answered 400"), refused.getMessage());
        assertEquals(List.of("$.events[0].userId"), sandbox.entries("/problems/0/path"));
    }

    private void signUp(String userId) {
        try {
            toplyne.signedUp(userId, "pro", NOW);
        } catch (IOException | InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }
}
