import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Both of Java's own clients once, with the host written into it. */
public class HardCoded {
    static final String URL_OF = "https://api.toplyne.io/v1/caught/";

    public static void main(String[] names) throws Exception {
        try {
            ((HttpURLConnection) new URL(URL_OF + "HttpURLConnection").openConnection()).getResponseCode();
        } catch (java.io.IOException error) {
            System.err.println("HttpURLConnection: " + error);
        }
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(URL_OF + "HttpClient")).build();
            HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException error) {
            System.err.println("HttpClient: " + error);
        }
    }
}
