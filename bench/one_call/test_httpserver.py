"""The same test as it is written with pytest-httpserver, which compares with one known upload."""

UPLOAD = {"events": [{"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}]}
ACCEPTED = {"status": "SUCCESS", "data": {"message": "Events uploaded."}}
BEARER = {"Authorization": "Bearer a-token"}


def test_one_call(httpserver, client):
    httpserver.expect_request(
        "/v1/upload/events", method="POST", json=UPLOAD, headers=BEARER
    ).respond_with_json(ACCEPTED, status=202)

    answer = client.post(httpserver.url_for("/v1/upload/events"), json=UPLOAD, headers=BEARER)

    assert answer.status_code == 202
    httpserver.check()
