"""How the Dinas' page looks: calm, light, the trouble first; a table on a wide screen, cards on a telephone."""

STYLE = """
@font-face{font-family:Inter;font-display:swap;font-weight:400;src:url(/dinas/huruf/Inter-Regular.otf)}
@font-face{font-family:Inter;font-display:swap;font-weight:600;src:url(/dinas/huruf/Inter-SemiBold.otf)}
@font-face{font-family:Inter;font-display:swap;font-weight:700;src:url(/dinas/huruf/Inter-Bold.otf)}
*{box-sizing:border-box;margin:0}
:root{--ink:#14202b;--soft:#566674;--line:#e1e7ec;--back:#f4f6f8;--blue:#0b57ad;--green:#12703a;--amber:#8a4a06;--red:#b0241b}
body{background:var(--back);color:var(--ink);font:14px/1.45 Inter,system-ui,sans-serif;font-variant-numeric:tabular-nums}
a{color:var(--blue);text-decoration:none}a:hover{text-decoration:underline}
:focus-visible{outline:3px solid #7db2ee;outline-offset:2px;border-radius:6px}
header{display:flex;align-items:center;gap:14px;background:#fff;border-bottom:1px solid var(--line);padding:12px 28px}
.mark{background:var(--blue);color:#fff;font-weight:700;font-size:13px;border-radius:8px;padding:8px 10px}.mark:hover{text-decoration:none}
.head{flex:1}h1{font-size:17px}.head p,.soft{color:var(--soft);font-size:13px}
main{max-width:1720px;margin:0 auto;padding:20px 28px 48px;display:grid;grid-template-columns:minmax(0,1fr);gap:16px}
.card{background:#fff;border:1px solid var(--line);border-radius:12px}
.summary{font-size:20px}.summary b{font-weight:700}
.tiles{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:14px}
.tile{display:block;padding:14px 16px;color:var(--ink);border-top:4px solid #b9d9c5}.tile:hover{text-decoration:none;border-color:#9db4c8}
.tile.warn{border-top-color:#e3a23c}.tile.bad{border-top-color:#d2473d}.tile.on{box-shadow:0 0 0 2px var(--blue)}
.tile h2{font-size:13px;font-weight:600;color:var(--soft)}.tile strong{display:block;font-size:28px;line-height:1.25}
.tile span{font-size:13px;color:var(--soft)}.tile.bad span{color:var(--red)}
.tools{display:flex;align-items:center;gap:14px;flex-wrap:wrap}.tools form{display:flex;gap:8px}.space{flex:1}
input{font:inherit;border:1px solid #b8c4ce;border-radius:8px;padding:9px 12px;background:#fff;color:var(--ink)}
input[type=search]{width:290px;max-width:60vw}
button,a.quiet{font:inherit;font-weight:600;border-radius:8px;padding:9px 16px;border:1px solid var(--blue);background:var(--blue);
 color:#fff;cursor:pointer;display:inline-block}
button.quiet,a.quiet,button.plain{background:#fff;color:var(--blue);border-color:#b8c4ce}
.hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.list{overflow-x:auto;padding:6px 0}
table{border-collapse:collapse;width:100%}
thead th{font-size:12.5px;font-weight:600;color:var(--soft);text-align:left;padding:8px 14px;white-space:nowrap}
tbody th{font-weight:400;text-align:left;white-space:nowrap}
td,tbody th{padding:10px 14px;border-top:1px solid #edf1f4;vertical-align:top}
tbody tr:hover{background:#f8fafc}
tbody th a{font-weight:600}
small{display:block;font-size:12px;font-weight:400;color:var(--soft)}
td{white-space:nowrap}td:nth-child(2){white-space:normal;min-width:210px}
tr.bad>th:first-child{box-shadow:inset 4px 0 #d2473d}tr.warn>th:first-child{box-shadow:inset 4px 0 #e3a23c}
.chips{display:flex;flex-wrap:wrap;gap:5px}
.chip{display:inline-flex;align-items:center;gap:5px;border-radius:7px;padding:2px 8px;font-size:12.5px;font-weight:600;white-space:nowrap;
 background:#e9f4ed;color:var(--green)}
.chip.warn{background:#fff1dc;color:var(--amber)}.chip.bad{background:#fdeae8;color:var(--red)}
.chip b{font-size:11px}
td .bad,dd .bad{color:var(--red);font-weight:600}td .warn,dd .warn{color:var(--amber);font-weight:600}.good{color:var(--green)}
.empty{padding:28px;color:var(--soft)}
.pages{display:flex;gap:14px;align-items:center;justify-content:center}
.title{display:flex;gap:20px;align-items:center;justify-content:space-between;padding:16px 20px;flex-wrap:wrap}.title h2{font-size:22px}
.columns{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px;align-items:start}
.facts{padding:6px 20px}.facts>div{display:grid;grid-template-columns:180px 1fr;gap:12px;padding:9px 0;border-top:1px solid #edf1f4}
.facts>div:first-child{border-top:0}.facts>.cap{display:block;font-weight:600}dt{color:var(--soft)}dd small{display:block}
.curve{padding:14px 20px}.curve figcaption{display:flex;justify-content:space-between;color:var(--soft);font-weight:600}
.curve b{color:var(--ink);font-size:18px}svg{width:100%;height:96px;display:block;margin:8px 0 4px}rect{fill:#6d9fd6}
.door{max-width:420px;margin:8vh auto 0;padding:26px;display:grid;gap:12px;width:100%}.door label{font-weight:600}
.wrong{color:var(--red)}
@media(max-width:1500px){td,tbody th,thead th{padding-left:9px;padding-right:9px}td:nth-child(2){min-width:180px}}
@media(max-width:1100px){.tiles{grid-template-columns:repeat(3,minmax(0,1fr))}.columns{grid-template-columns:minmax(0,1fr)}}
@media(max-width:820px){main,header{padding-left:14px;padding-right:14px}.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px}
 .summary{font-size:17px}.space{display:none}
 .tools form input[type=search]{width:auto;max-width:none;flex:1;min-width:0}.tools form{width:100%}
 .list{background:none;border:0;padding:0}table,tbody{display:block}thead{display:none}
 tbody tr{display:block;background:#fff;border:1px solid var(--line);border-radius:12px;margin-bottom:12px;padding:12px 14px}
 tbody tr.bad{border-left:4px solid #d2473d}tbody tr.warn{border-left:4px solid #e3a23c}
 tbody tr.bad>th:first-child,tbody tr.warn>th:first-child{box-shadow:none}
 tbody th,tbody tr>th:first-child{display:block;border:0;padding:0 0 8px;font-size:16px}
 td,td:nth-child(2){display:grid;grid-template-columns:minmax(96px,38%) 1fr;border:0;padding:5px 0;white-space:normal;min-width:0}
 td::before{content:attr(data-name);color:var(--soft)}td>*{grid-column:2}td>small{grid-column:2}
 .facts>div{grid-template-columns:minmax(110px,40%) 1fr}}
@media print{header form,.tools,.pages{display:none}body{background:#fff}}
"""
