package shop;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A client of Toplyne's API that tries three times. */
public final class Toplyne {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final HttpClient http = HttpClient.newHttpClient();
    private final String apiUrl;
    private final String token;

    public Toplyne(String apiUrl, String token) {
        this.apiUrl = apiUrl;
        this.token = token;
    }

    public void signedUp(String userId, String plan, Instant at)
            throws IOException, InterruptedException {
        Map<String, Object> event = Map.of(
            "userId", userId,
            "eventName", "Signed Up",
            "timestamp", at.getEpochSecond(),
            "eventProperties", Map.of("plan", plan));
        String body = JSON.writeValueAsString(Map.of("events", List.of(event)));
        HttpRequest request = HttpRequest.newBuilder(URI.create(apiUrl + "/upload/events"))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();

        for (int attempt = 1; ; attempt++) {
            HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
            if (answer.statusCode() == 202) {
                return;
            }
            if (answer.statusCode() < 500 || attempt == 3) {
                throw new IOException("Toplyne answered " + answer.statusCode() + ": " + answer.body());
            }
        }
    }
}
