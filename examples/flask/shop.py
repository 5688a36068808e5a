"""A shop: a Flask application that tells Segment what its customers do."""

import os

from flask import Flask, request
from segment.analytics.client import Client


def create_app(analytics=None):
    app = Flask(__name__)
    if analytics is None:
        host = os.environ.get("SEGMENT_HOST")  # unset: Segment itself
        analytics = Client(os.environ["SEGMENT_WRITE_KEY"], host=host)

    @app.post("/customers")
    def sign_up():
        customer = request.form
        analytics.identify(customer["id"], {"email": customer["email"], "plan": customer["plan"]})
        return {"welcome": customer["id"]}, 201

    @app.post("/orders")
    def order():
        total = float(request.form["total"])  # not the form's string: the trigger compares numbers
        analytics.track(request.form["customer"], "Order Completed", {"total": total})
        return {"paid": total}, 201

    @app.get("/")
    def home():
        analytics.page(request.args.get("customer", "nobody"), "Shop", "Home")
        return "Welcome."

    return app
