# /// script
# requires-python = ">=3.11"
# dependencies = ["gradio==6.31.0"]
# ///
"""A page of gradio, which FastAPI serves: fastapi_gradio.py PORT."""

import sys

import gradio

page = gradio.Interface(fn=lambda name: f"Hello {name}", inputs="text", outputs="text", title="corpus gradio")

if __name__ == "__main__":
    page.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), share=False)
