"""The page that a link shows when it opens no event, in Portuguese and in English. Pure."""

import base64
import hashlib
from html import escape

STYLE = """
:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f6f4f8; color: #2b2431;
  font: 1.0625rem/1.6 Georgia, "Times New Roman", serif }
main { box-sizing: border-box; width: min(34rem, 100% - 2rem); margin: 2rem 0; padding: 2.5rem 2rem; background: #fff;
  border-radius: .75rem; border-top: .25rem solid #7f4a91; box-shadow: 0 1px 3px #2b243122 }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; font-weight: normal }
p { margin: 0 }
section { margin-top: 1.75rem; padding-top: 1.5rem; border-top: 1px solid #e6e0ea; color: #6b6172; font-size: .9375rem }
h2 { margin: 0 0 .25rem; font-size: 1.0625rem; font-weight: normal; color: inherit }
footer { margin-top: 2rem; color: #7f4a91; font-size: .8125rem; letter-spacing: .08em }
@media (prefers-color-scheme: dark) {
  body { background: #17131a; color: #ece7f0 } main { background: #221c27; box-shadow: none }
  section { border-color: #3a3140; color: #b3a8bb } footer { color: #c79bd8 } }
"""
PAGE = """<!doctype html>
<html lang="pt-BR">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
<section lang="en">
<h2>{title_en}</h2>
<p>{text_en}</p>
</section>
<footer>EventHub</footer>
</main>
</body>
</html>
"""
# The content security policy lets browsers apply this style and no other.
STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"


def page(title: str, text: str, title_en: str, text_en: str) -> str:
    """Renders a page with both languages. Its arguments are plain text, which it escapes."""
    texts = {"title": title, "text": text, "title_en": title_en, "text_en": text_en}
    return PAGE.format(style=STYLE, **{name: escape(value) for name, value in texts.items()})
