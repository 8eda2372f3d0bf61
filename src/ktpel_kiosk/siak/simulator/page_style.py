"""How the page looks: the colours and shapes of the kiosk, calm and light, from a telephone to a wide screen."""

STYLE = """
*{box-sizing:border-box;margin:0}
:root{--ink:#14202b;--soft:#5b6b79;--line:#e1e7ec;--back:#f4f6f8;--blue:#0b57ad;--green:#12703a;--amber:#8a4a06;--red:#b0241b}
body{background:var(--back);color:var(--ink);font:14px/1.45 Inter,"Segoe UI",Roboto,"Noto Sans",system-ui,sans-serif;
 font-variant-numeric:tabular-nums}
header{display:flex;align-items:center;gap:14px;background:#fff;border-bottom:1px solid var(--line);padding:12px 24px;flex-wrap:wrap}
.mark{background:var(--blue);color:#fff;font-weight:700;font-size:12px;border-radius:8px;padding:6px 7px}
h1{font-size:17px}header .space{flex:1}
time{font-size:18px;font-weight:700}time small{font-size:12px;font-weight:500;color:var(--soft)}
.soft{color:var(--soft)}div.soft{font-size:12px}
main{max-width:1800px;margin:0 auto;padding:20px 24px 40px;display:grid;grid-template-columns:minmax(0,1fr);gap:16px}
.card{background:#fff;border:1px solid var(--line);border-radius:12px}
h2{font-size:13px;font-weight:500;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(5,1fr);gap:16px}
.tiles .card{padding:14px 18px 16px}
.big{font-size:27px;font-weight:700;line-height:1.25;letter-spacing:-.01em}
.note{font-size:12.5px}
.note.soft{color:var(--soft)}.note.green{color:var(--green)}.note.amber{color:var(--amber)}.note.blue{color:var(--blue)}
.bar{height:6px;border-radius:3px;background:#e6ebf0;overflow:hidden;min-width:64px}
.tiles .bar{margin-top:8px}
.bar i{display:block;height:100%;background:var(--blue);border-radius:3px}.bar.full i{background:var(--red)}
.rate{display:flex;gap:28px;padding:14px 18px;align-items:flex-end}
.rate>div{white-space:nowrap}
svg{flex:1;height:74px;min-width:0}rect{fill:#6d9fd6}line{stroke:var(--line)}
.columns{display:grid;grid-template-columns:minmax(0,1.55fr) minmax(0,1fr);gap:16px;align-items:start}
.columns>div{display:grid;grid-template-columns:minmax(0,1fr);gap:16px}
.list{padding:14px 4px 6px;overflow-x:auto}
.list h2{padding:0 14px 8px;font-size:15px;font-weight:700;color:var(--ink)}.list h2 small{color:var(--soft);font-weight:500;font-size:13px}
table{border-collapse:collapse;width:100%}
th{font-size:12px;font-weight:500;color:var(--soft);text-align:left;padding:4px 14px;white-space:nowrap}
td{padding:8px 14px;border-top:1px solid #edf1f4;vertical-align:middle}
.name{display:inline-block;max-width:170px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom}
.why{overflow-wrap:anywhere}.when{white-space:nowrap}
.right{text-align:right;white-space:nowrap}
code{font:12.5px/1.4 "JetBrains Mono","DejaVu Sans Mono",Consolas,monospace;white-space:nowrap}
.pill{display:inline-block;border-radius:7px;padding:2px 8px;font-size:12px;font-weight:600}
.pill.blue{background:#e6eefa;color:var(--blue)}.pill.green{background:#e4f4ea;color:var(--green)}
.pill.amber{background:#fff1dc;color:var(--amber)}.pill.red{background:#fdeae8;color:var(--red)}
.why{font-size:12px;color:var(--red);margin-top:2px}
.dot{display:inline-block;width:8px;height:8px;border-radius:50%;background:#c3ccd4;margin-right:7px}.dot.on{background:#1b8a4b}
.empty,.more{padding:6px 14px 10px;color:var(--soft)}.more{border-top:1px solid #edf1f4;padding-top:10px;font-size:12.5px}
@media(max-width:1500px){td,th{padding-left:9px;padding-right:9px}td:first-child,th:first-child{padding-left:14px}}
@media(max-width:1100px){.tiles{grid-template-columns:repeat(2,1fr)}.columns{grid-template-columns:minmax(0,1fr)}}
@media(max-width:560px){main{padding:12px}.tiles{grid-template-columns:1fr}.rate{flex-direction:column;align-items:stretch}svg{flex:none}}
"""
