package shop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A server for the tests of a class, on a free port, which forgets everything before each test. */
final class Sandbox implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final HttpClient http = HttpClient.newHttpClient();
    private Process server;
    private JsonNode told;

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        server = new ProcessBuilder("toplyne-sandbox", "serve", "--port", "0", "--json")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start(); // it is not installed: pip install toplyne-sandbox
        String line = server.inputReader().readLine();
        if (line == null) {
            throw new IOException("toplyne-sandbox ended before it answered.");
        }
        told = JSON.readTree(line);
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        ask("POST", "/_sandbox/reset", "");
    }

    @Override
    public void afterAll(ExtensionContext context) {
        server.destroy();
    }

    String apiUrl() {
        return told.get("api_url").asText();
    }

    String token() {
        return told.get("token").asText();
    }

    /** Wait until so many events have come. */
    void waitForEvents(int events) throws Exception {
        ask("GET", "/_sandbox/wait?timeout=5&events=" + events, "");
    }

    /** Let the next calls fail. */
    void fail(int status, int times) throws Exception {
        ask("POST", "/_sandbox/faults", "{\"status\": " + status + ", \"times\": " + times + "}");
    }

    /** Return what Toplyne knows: its "events", "profiles" or "accounts". */
    JsonNode state(String kind) throws Exception {
        return ask("GET", "/_sandbox/state/" + kind, "").get("items");
    }

    /** Return a member of every call that came, such as its "status" or its "problems". */
    List<String> entries(String pointer) throws Exception {
        List<String> found = new ArrayList<>();
        for (JsonNode entry : ask("GET", "/_sandbox/entries", "").get("entries")) {
            found.add(entry.at(pointer).asText());
        }
        return found;
    }

    private JsonNode ask(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(told.get("url").asText() + path))
            .header("Authorization", "Bearer " + token())
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build();
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new AssertionError(path + " answered " + answer.statusCode() + ": " + answer.body());
        }
        return JSON.readTree(answer.body());
    }
}
