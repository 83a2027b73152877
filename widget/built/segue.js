/* Segue, made of ac030ca1d7e12834 by `make widget` */
var et="[data-segue-busy], dialog:modal",tt={subtree:!0,childList:!0,attributes:!0,attributeFilter:["data-segue-busy","open"]},Z=3e3,X=!1,Q=new Set;function we(e){e&&Number(e)>=0&&(Z=Number(e))}function ye(){X=!0}function ve(){X=!1,Q.forEach(e=>e())}function nt(){let e=document.activeElement;for(;e?.shadowRoot?.activeElement;)e=e.shadowRoot.activeElement;return e}function ot(){let e=nt();return e instanceof HTMLElement?e.matches("textarea, select, input:not([type=button], [type=submit], [type=checkbox])")||e.isContentEditable:!1}function xe(e,t=!1){let n=new AbortController,o=!1,i=0,s=()=>{n.signal.aborted||X||!t&&performance.now()<Z||document.querySelector(et)||ot()&&!o||(l(),e())},r=()=>{clearTimeout(i),o=!1,i=setTimeout(()=>{o=!0,s()},3e4)},c=new MutationObserver(s),l=()=>{clearTimeout(i),c.disconnect(),Q.delete(s),n.abort()};return s(),n.signal.aborted?()=>{}:(Q.add(s),setTimeout(s,Z-performance.now()+20),c.observe(document.documentElement,tt),document.addEventListener("focusout",()=>setTimeout(s),{signal:n.signal}),document.addEventListener("keydown",r,{signal:n.signal,capture:!0}),r(),l)}function ke(e,t){let n=new AbortController,o=!1,i=0,s=()=>{clearTimeout(i),n.abort(),c.disconnect()},r=()=>{clearTimeout(i),!(!o||document.visibilityState!=="visible")&&(i=setTimeout(()=>{s(),t()},1e3))},c=new IntersectionObserver(l=>{let{intersectionRatio:p,intersectionRect:m}=l[l.length-1],w=p>=.5||m.height>=innerHeight/2;w!==o&&(o=w,r())},{threshold:[0,.1,.2,.3,.4,.5,.6,.7,.8,.9,1]});return c.observe(e),document.addEventListener("visibilitychange",r,{signal:n.signal}),s}var it={duration:260,easing:"cubic-bezier(.2, 0, 0, 1)"},Se=()=>matchMedia("(prefers-reduced-motion: reduce)").matches;function a(e,t={},...n){let o=document.createElement(e);for(let[i,s]of Object.entries(t))typeof s=="function"?o.addEventListener(i,s):s!==!1&&o.setAttribute(i,s===!0?"":s);for(let i of n)i&&o.append(i);return o}function O(e,t,n){let o=e.offsetHeight;e.getAnimations().forEach(c=>c.cancel()),t();let i=n?0:e.offsetHeight;if(Se()||o===i)return n?.();let s=c=>({height:`${c}px`,opacity:c&&1,overflow:"clip"}),r=e.animate([s(o),s(i)],{...it,fill:n?"forwards":"none"});r.onfinish=()=>{r.cancel(),n?.()}}function _e(e,t){Se()||e?.animate([{inlineSize:"0"},{inlineSize:"100%"}],t)}var st={why:"Why am I seeing this?",returns:"It may come back on {date} at the earliest.",as_of:"as of {time}",amount:"{used} of {limit}",around:"around {range}",close:"Close",undo:"Undo",useful:"Thanks, noted.",snoozed:"All right, not now.",snoozed_until:"All right. This won’t come up again before {date}.",muted:"All right. This won’t be suggested again.",dismissed:"Closed.",sending:"Sending to {name}",sent:"Sent to {name}",draft:"A draft to {name} is ready for you to send.",open_draft:"Open in e-mail",over:"This is no longer open.",failed:"That didn’t go through. Please try again.",too_late:"It was too late to undo that.",form:"Send this summary to someone",email:"E-mail",name:"Name (optional)",role:"They read it as",manager:"Manager",finance:"Finance",note:"Your note (optional)",note_hint:"Up to 280 characters, no links.",send:"Send",cancel:"Cancel"},C=e=>(t,n={})=>(e[t]||st[t]).replace(/\{(\w+)\}/g,(o,i)=>n[i]??o);function I(e,t){let n=e.closest("[lang]")??document.documentElement;for(let o of[t,n.getAttribute("lang")])try{if(o&&Intl.NumberFormat.supportedLocalesOf(o).length)return o}catch{continue}}var ee=(e,t)=>new Intl.NumberFormat(t,{maximumFractionDigits:2}).format(e),Ee=(e,t)=>({timeZone:e.length===10?"UTC":t||void 0});function ze(e,t,n,o){let i=new Date(e);return Number.isNaN(i.getTime())?"":new Intl.DateTimeFormat(t,{...n,...Ee(e,o)}).format(i)}var L=(e,t)=>ze(e,t,{dateStyle:"long"});function Te(e,t,n){let o=e.length>10&&{hour:"2-digit",minute:"2-digit"};return ze(e,t,{day:"numeric",month:"short",...o},n)}function Ae(e,t,n){let[o,i]=[new Date(e),new Date(t)],s=new Intl.DateTimeFormat(n,{day:"numeric",month:"short",...Ee(e)});return o<i?s.formatRange(o,i):s.format(o)}var rt="M1.5 1.5l9 9m0-9l-9 9";function Ne(e,t,{act:n}){let o=t?"button primary":"button",i=e.kind==="open"?{href:e.url}:{type:"button"},s={class:o,part:o,click:()=>n(e),...i};return a(e.kind==="open"?"a":"button",s,e.label)}function at(e,t){let n=e.actions.filter(({kind:r})=>r==="snooze"||r==="mute"),o=e.actions.filter(r=>!n.includes(r)&&r.kind!=="dismiss"),i=["open","forward"].flatMap(r=>o.filter(c=>c.kind===r))[0],s=[o,n].filter(r=>r.length);return a("div",{class:"actions",part:"actions"},...s.map(r=>a("div",{class:"group"},...r.map(c=>Ne(c,c===i,t)))))}function ct({facts:e},{say:t,locale:n,zone:o}){let i=e.map(l=>l.as_of).filter(Boolean).sort()[0]??"",s=Te(i,n,o),r=e.map(({label:l,value:p})=>a("div",{class:"fact"},a("dt",{},l),a("dd",{},a("bdi",{},p)))),c=s&&a("time",{datetime:i},t("as_of",{time:s}));return a("div",{class:"evidence",part:"evidence"},a("dl",{},...r),c)}function lt(e,{say:t,locale:n}){let o=L(e.returns,n),s=[...e.why,o&&t("returns",{date:o})].filter(Boolean).map(r=>a("li",{dir:"auto"},r));return s.length?a("details",{class:"why",part:"why"},a("summary",{},t("why")),a("ul",{role:"list"},...s)):null}function dt(){let[e,t]=["svg","path"].map(n=>document.createElementNS("http://www.w3.org/2000/svg",n));return e.setAttribute("viewBox","0 0 12 12"),e.setAttribute("aria-hidden","true"),t.setAttribute("d",rt),e.append(t),e}function ut(e,t){let n=t.meters.filter(({limit:i})=>i!==null).map(({key:i})=>i);return n.find(i=>i===e.meter||e.facts.some(({id:s})=>s.split(/[.:/]/).includes(i)))??(n.length===1&&n[0])}function Oe(e,t,n,o){let i=e.class==="notice",s=ut(e,t),c={kind:"dismiss",label:e.actions.find(({kind:p})=>p==="dismiss")?.label||n.say("close"),url:"",to:""},l={class:"close",part:"close",type:"button","aria-label":c.label,click:()=>n.act(c)};return a("section",{class:i?"card notice":"card",part:"card","aria-labelledby":"title",tabindex:"-1"},a("div",{class:"story"},a("div",{class:"words"},a("p",{class:"title",part:"title",id:"title",dir:"auto"},e.title),e.body&&a("p",{class:"body",part:"body",dir:"auto"},e.body),e.facts.length>0&&ct(e,n)),s&&a("segue-meter",{class:"side",compact:!0,meter:s,exportparts:"bar, used, forecast, limit"}),i&&a("div",{class:"actions",part:"actions"},Ne(c,!1,n))),o&&a("p",{class:"problem",part:"problem"},o),!i&&at(e,n),lt(e,n),!i&&a("button",l,dt()))}function Ce(e,{undo:t,link:n,way:o}){return a("section",{class:"card short",part:"card","aria-label":e,tabindex:"-1"},a("p",{dir:"auto"},e),t&&a("button",{class:"button text",part:"button undo",type:"button",click:t.click},t.label),n&&a("a",{class:"button text",part:"button draft",href:n.href},n.label),o&&a("div",{class:"way","aria-hidden":"true"}))}function te(e,t,n=""){return n&&t.setAttribute("aria-describedby","hint"),a("div",{class:n?"field all":"field"},a("label",{},a("span",{class:"label"},e),t),n&&a("p",{class:"hint",id:"hint"},n))}function mt(e){let t=["manager","finance"].map((n,o)=>a("label",{},a("input",{type:"radio",name:"role",value:n,checked:o===0}),e(n)));return a("fieldset",{class:"field all"},a("legend",{class:"label"},e("role")),a("div",{class:"choice"},...t))}function Ie(e,t,n){let o=a("input",{name:"email",type:"email",required:!0,autocomplete:"off",maxlength:"254"}),i=a("input",{name:"name",autocomplete:"off",maxlength:"120"}),s=a("textarea",{name:"note",rows:"2",maxlength:"280"});return a("form",{part:"form","aria-labelledby":"legend",submit:l=>{l.preventDefault();let p=[...new FormData(l.currentTarget)];t(Object.fromEntries(p.map(([m,w])=>[m,String(w).trim()]).filter(([,m])=>m)))},keydown:l=>{l.key==="Escape"&&(l.stopPropagation(),n())}},a("p",{class:"legend",id:"legend"},e("form")),a("div",{class:"fields"},te(e("email"),o),te(e("name"),i),mt(e),te(e("note"),s,e("note_hint"))),a("div",{class:"group"},a("button",{class:"button primary",part:"button primary"},e("send")),a("button",{class:"button",part:"button",type:"button",click:n},e("cancel"))))}var ne="segue.alerts";var oe=new Set,R=null,ie=null,y=new Map,D=!0;try{y=new Map(Object.entries(JSON.parse(sessionStorage.getItem(ne)??"{}")))}catch{D=!1}var A=()=>ie;function se(e){ie?.close(),ie=e}function M(e){R=e,oe.forEach(t=>t(e))}function j(e){return oe.add(e),R&&e(R),()=>{oe.delete(e)}}function Le(){if(D)try{y.size?sessionStorage.setItem(ne,JSON.stringify(Object.fromEntries([...y].slice(-50)))):sessionStorage.removeItem(ne)}catch{D=!1}}var re=e=>y.has(e),Re=e=>y.has(e)&&y.get(e)!=="seen";function k(e,t){y.set(e,t),Le(),M(R)}function ae(){y.clear(),Le()}function De(){ae(),D=!1}var ft=`
:host {
  all: initial;
  display: block;
  visibility: inherit;
  box-sizing: border-box;
  color-scheme: light dark;
  --_accent: var(--segue-accent, light-dark(#2b59b4, #a9c3fb));
  --_on-accent: var(--segue-on-accent, light-dark(#fff, #101a33));
  --_surface: var(--segue-surface, light-dark(#fff, #1c1e23));
  --_ink: var(--segue-ink, light-dark(#1b1d22, #eceef2));
  --_quiet: var(--segue-quiet, light-dark(#5a606c, #a8afbc));
  --_line: var(--segue-line, light-dark(#e4e6eb, #33373f));
  --_edge: var(--segue-edge, light-dark(#cbd0d9, #4b515d));
  --_track: var(--segue-track, light-dark(#e9ecf1, #31353e));
  --_radius: var(--segue-radius, 12px);
  color: var(--_ink);
  font: 400 var(--segue-font-size, 14px)/1.5 sans-serif;
  font-family: var(--segue-font, inherit);
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
* { box-sizing: border-box; margin: 0; }
`,ht=`
:host(:not([shown])) { display: contents; }
[role="status"] {
  position: fixed; inset-block-start: 0; inset-inline-start: 0;
  inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.card {
  position: relative; overflow: clip;
  padding: 1.5em 1.75em;
  background: var(--_surface); border: 1px solid var(--_line); border-radius: var(--_radius);
}
.card:focus { outline: none; }
.story { display: flex; flex-wrap: wrap; column-gap: 3.5em; }
.words { flex: 1 1 25em; }
.title { font-size: 1.1875em; line-height: 1.35; font-weight: 600; letter-spacing: -.008em; padding-inline-end: 2em; text-wrap: balance; }
.body { margin-block-start: .5em; max-inline-size: 38em; color: var(--_quiet); font-size: 1.036em; line-height: 1.6; text-wrap: pretty; }
.side { flex: 1 1 15em; max-inline-size: 22em; margin-block-start: 2.4em; }
.evidence, dl { display: flex; flex-wrap: wrap; gap: .15em 1.5em; }
.evidence { margin-block-start: 1em; font-size: .893em; color: var(--_quiet); }
.fact { display: flex; flex-wrap: wrap; column-gap: .45em; }
dd { color: var(--_ink); font-weight: 500; }
.actions { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5em 1.5em; margin-block-start: 1.5em; }
.group { display: flex; flex-wrap: wrap; gap: .5em; }
.button {
  display: inline-flex; align-items: center; justify-content: center;
  min-block-size: 2.857em; padding: .5em 1.07em;
  font: inherit; font-weight: 500; line-height: 1.3; text-align: center; text-decoration: none;
  color: var(--_ink); background: transparent; cursor: pointer;
  border: 1px solid var(--_edge); border-radius: calc(var(--_radius) * .66);
  transition: background-color .15s, border-color .15s;
}
.button:hover { background: color-mix(in srgb, var(--_ink) 5%, transparent); border-color: var(--_quiet); }
.button.primary { color: var(--_on-accent); background: var(--_accent); border-color: var(--_accent); }
.button.primary:hover { background: color-mix(in srgb, var(--_accent) 88%, var(--_ink)); }
:is(.button, .close, summary, input, textarea, a):focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.close {
  position: absolute; inset-block-start: .75em; inset-inline-end: .75em;
  display: grid; place-items: center; inline-size: 2.6em; block-size: 2.6em; padding: 0;
  font: inherit; color: var(--_quiet); background: none; border: 0; border-radius: calc(var(--_radius) * .66); cursor: pointer;
}
.close:hover { color: var(--_ink); background: color-mix(in srgb, var(--_ink) 6%, transparent); }
.close svg { inline-size: .9em; block-size: .9em; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; }
.why { margin-block: 1em -.5em; color: var(--_quiet); font-size: .929em; }
summary { display: inline-flex; align-items: center; gap: .5em; padding-block: .4em; cursor: pointer; list-style: none; border-radius: 4px; }
summary::-webkit-details-marker { display: none; }
summary::before {
  content: ""; inline-size: .4em; block-size: .4em; margin-inline: .1em .15em;
  border-block-end: 1.5px solid; border-inline-end: 1.5px solid;
  transform: rotate(-45deg); transition: transform .2s;
}
summary:dir(rtl)::before { transform: rotate(45deg); }
[open] > summary::before { transform: translateY(-25%) rotate(45deg); }
[open] > summary:dir(rtl)::before { transform: translateY(-25%) rotate(-45deg); }
summary:hover { color: var(--_ink); }
.why ul { max-inline-size: 46em; padding: .25em 0 0 0; padding-inline-start: 1.5em; }
.why li { padding-block: .15em; }
.why li::marker { color: var(--_edge); }
.problem { margin-block-start: 1em; font-weight: 500; }
.notice .story { align-items: center; justify-content: space-between; }
.notice .title { font-size: 1.071em; }
.notice .body { margin-block-start: .25em; font-size: 1em; }
.notice .side, .notice .actions { margin-block-start: 0; }
.notice .words { max-inline-size: 40em; }
.notice .why { margin-block-start: .5em; }
.short { display: flex; align-items: center; justify-content: space-between; gap: .25em 1.5em; padding-block: .75em; min-block-size: 4.6em; }
.text { border-color: transparent; color: var(--_accent); }
.short .button { margin-inline-end: -1.07em; white-space: nowrap; }
.way { position: absolute; inset-block-end: 0; inset-inline-start: 0; block-size: 2px; inline-size: 0; background: var(--_accent); opacity: .55; }
form { margin-block-start: 1.25em; padding-block-start: 1.25em; border-block-start: 1px solid var(--_line); }
form .group { margin-block-start: 1.25em; }
.legend { font-weight: 600; }
.fields { display: flex; flex-wrap: wrap; gap: 1em; margin-block-start: 1em; max-inline-size: 46em; }
.field { flex: 1 1 15em; display: block; }
.field.all { flex-basis: 100%; }
.label { display: block; padding: 0; margin-block-end: .35em; font-size: .929em; font-weight: 500; }
input:not([type="radio"]), textarea {
  display: block; inline-size: 100%; min-block-size: 2.857em; padding: .5em .8em;
  font: inherit; color: var(--_ink); background: var(--_surface);
  border: 1px solid light-dark(#868d9a, #747b89); border-radius: calc(var(--_radius) * .66);
}
textarea { min-block-size: 5em; resize: vertical; field-sizing: content; }
.hint { margin-block-start: .35em; font-size: .857em; color: var(--_quiet); }
fieldset { border: 0; padding: 0; min-inline-size: 0; }
.choice { display: flex; flex-wrap: wrap; gap: .5em 1.5em; }
.choice label { display: inline-flex; align-items: center; gap: .5em; min-block-size: 2em; cursor: pointer; }
.choice input { inline-size: 1.15em; block-size: 1.15em; margin: 0; accent-color: var(--_accent); }
@media (max-width: 600px) {
  .card { padding: 1.25em; }
  .story { column-gap: 0; }
  .side { max-inline-size: none; margin-block-start: 1.25em; flex-basis: 100%; }
  .notice :is(.side, .actions) { flex-basis: 100%; margin-block-start: 1em; }
  .actions, .group { flex-grow: 1; }
  .group > .button { flex: 1 1 auto; }
  .group > .primary { flex-basis: 100%; }
  .button { min-block-size: 3.143em; }
  .short { padding-block: .5em; }
}
@media (forced-colors: active) {
  .button.primary { border: 2px solid; }
  .way { background: CanvasText; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media print { :host { display: none; } }
`,pt=`
:host(:not([ready])) { display: none; }
/* It has no surface of its own, so it takes its ink from whatever it stands on. */
:host(:not([theme])) { color-scheme: inherit; }
:host {
  color: var(--segue-ink, inherit);
  --_quiet: var(--segue-quiet, color-mix(in srgb, currentcolor 78%, transparent));
  --_track: var(--segue-track, color-mix(in srgb, currentcolor 11%, transparent));
}
.row { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1em; }
.name { font-weight: 500; }
.amount b { font-weight: 600; }
.bar { position: relative; block-size: .571em; margin-block-start: .5em; overflow: clip; background: var(--_track); border-radius: 1em; }
.used, .ahead { position: absolute; inset-block: 0; }
.used { inset-inline-start: 0; inline-size: var(--_used); background: var(--_accent); border-radius: inherit; transition: inline-size .5s; }
.ahead {
  inset-inline-start: var(--_low); inline-size: calc(var(--_high) - var(--_low));
  background: repeating-linear-gradient(-45deg, color-mix(in srgb, var(--_accent) 42%, transparent) 0 1.5px, transparent 1.5px 5px);
}
.limit { position: absolute; inset-block: 0; inset-inline-start: calc(var(--_limit) - 1px); inline-size: 2px; background: var(--_surface); }
.below { margin-block-start: .5em; font-size: .929em; color: var(--_quiet); text-wrap: pretty; }
:host([compact]) { font-size: inherit; }
:host([compact]) .row { font-size: .929em; }
:host([compact]) .below { margin-block-start: .35em; font-size: .893em; text-align: end; }
@media (forced-colors: active) {
  .bar { outline: 1px solid CanvasText; }
  .used, .limit { forced-color-adjust: none; background: CanvasText; }
  .limit { background: Canvas; }
  .ahead { forced-color-adjust: none; background: repeating-linear-gradient(-45deg, CanvasText 0 1.5px, transparent 1.5px 5px); }
}
@media (prefers-reduced-motion: reduce) { .used { transition: none; } }
`;function ce(e){let t=new CSSStyleSheet;return t.replaceSync(e),t}function bt(e){let t;return()=>t??=ce(e)}var[Me,gt,wt]=[ft,ht,pt].map(bt),je=()=>[Me(),gt()],qe=()=>[Me(),wt()];var yt=1e4,le=5e3,Ue={useful:"useful",snooze:"snoozed",mute:"muted",dismiss:"dismissed"},q=class extends HTMLElement{#i=this.attachShadow({mode:"open"});#t=a("div",{role:"status"});#e=a("div");#n=null;#a=null;#r="nothing";#s=!1;#l=null;#h=0;#w=()=>{};#p=()=>{};#b=()=>{};constructor(){super(),this.#i.adoptedStyleSheets=je(),this.#i.append(this.#t,this.#e),this.addEventListener("focusout",()=>setTimeout(()=>this.#g()))}connectedCallback(){this.#w=j(t=>{this.#n=t,this.#e.lang=t?.locale??"",this.#g()})}disconnectedCallback(){this.#w(),this.#z(),this.#A()}get#o(){return C(this.#n?.labels??{})}get#y(){return I(this,this.#n?.locale??"")}get#f(){return this.#i.activeElement!==null}#g(){if(!this.isConnected||this.#s||this.#r==="line")return;let t=this.#n?.alert;this.#p(),!t||Re(t.id)?this.#C():t.id===this.#a?.id?this.#O(t):this.#f||(this.#p=xe(()=>this.#N(t),re(t.id)))}#N(t){this.#d(t),this.#u(t.title),this.#m("shown",{alert:t.id,class:t.class,moment:t.moment})}#O(t){if(JSON.stringify(t)===JSON.stringify(this.#a)||this.#f||this.#r!=="card")return;let o=!!this.#e.querySelector("details")?.open;this.#d(t),this.#e.querySelector("details")?.toggleAttribute("open",o)}#C(){this.#r!=="nothing"&&(this.#f?this.#c(this.#o("over"),{},le):this.#T())}#d(t,n=""){if(!this.#n)return;let o=r=>this.#k(t,r),i={say:this.#o,locale:this.#y,zone:this.#n.time_zone,act:o},s=Oe(t,this.#n,i,n);this.#a=t,this.#x("card",s),n&&this.#u(n),this.#b=ke(s,()=>re(t.id)||this.#v(t,"seen"))}#v(t,n){k(t.id,"seen"),A()?.feedback(t.id,n).catch(()=>{})}#x(t,n){let o=this.#f;this.#b(),clearTimeout(this.#h),this.#r=t,this.toggleAttribute("shown",!0),O(this.#e,()=>this.#e.replaceChildren(n));let i=t==="line"?n.querySelector("button, a"):null;o&&(i??n).focus({preventScroll:!0})}#k(t,{kind:n,to:o}){if(this.#s)return void(this.#l=()=>this.#k(t,{kind:n,to:o}));n==="forward"&&!o?this.#R(t):n==="forward"?this.#S(t,{to:o}):n==="open"?(this.#v(t,"acted"),this.#m("answered",{alert:t.id,kind:"acted"})):n in Ue&&this.#I(t,Ue[n])}#I(t,n){let o=Promise.resolve(A()?.feedback(t.id,n)),i=L(t.returns,this.#y),s=n==="snoozed"&&i?this.#o("snoozed_until",{date:i}):this.#o(n);this.#c(s,{undo:this.#_(t,n,o)},yt),k(t.id,n),o.then(r=>this.#m("answered",{alert:t.id,kind:n,id:r}),r=>this.#E(t,r))}async#S(t,n,o=i=>this.#E(t,i)){this.#s=!0;try{let i=await A()?.forward(t.id,n);i&&this.isConnected&&this.#L(t,i,n)}catch(i){o(i)}finally{this.#s=!1,this.#l=null}}#L(t,{forward:n,to_name:o,state:i,mailto:s,undo_seconds:r},c){let l=o||c.name||c.email||"",p=()=>this.#c(this.#o("sent",{name:l}),{},le),m=r*1e3;if(s)this.#c(this.#o("draft",{name:l}),{link:{label:this.#o("open_draft"),href:s}},0);else if(i==="sent")p();else{let w=this.#_(t,"forwarded",Promise.resolve(n));this.#c(this.#o("sending",{name:l}),{undo:w,way:!0},m,p),_e(this.#e.querySelector(".way"),m)}k(t.id,"forwarded"),this.#m("forwarded",{alert:t.id,forward:n,state:i})}#R(t){let n=this.#e.firstElementChild,o=a("p",{class:"problem",part:"problem"}),i=c=>{o.textContent=c?.detail||this.#o("failed"),r.lastElementChild?.before(o),this.#u(o.textContent??"")},s=c=>{this.#s||this.#S(t,c,i)},r=Ie(this.#o,s,()=>this.#d(t));this.#r="form",O(this.#e,()=>{n.querySelectorAll(".actions, .why, .problem").forEach(c=>c.remove()),n.append(r)}),r.querySelector("input")?.focus()}#_(t,n,o){let i=async()=>{this.#s=!0,this.#d(t),k(t.id,"seen");try{let r=await o??"";await A()?.undo(t.id,r),this.#n&&(this.#n={...this.#n,alert:t}),this.#m("undone",{alert:t.id,kind:n,id:r})}catch{this.#l=null,this.#c(this.#o("too_late"),{},le),k(t.id,n)}let s=this.#l;this.#l=null,this.#s=!1,s?.()};return{label:this.#o("undo"),click:i}}#E(t,n){this.isConnected&&this.#d(t,n?.detail||this.#o("failed")),k(t.id,"seen")}#c(t,n,o,i=()=>this.#D()){this.#x("line",Ce(t,n)),this.#u(t),o&&(this.#h=setTimeout(i,o))}#D(){this.#T(),this.#g()}#z(){this.#p(),this.#b(),clearTimeout(this.#h),this.#a=null,this.#r="nothing"}#T(){this.#z(),O(this.#e,()=>{},()=>this.#A())}#A(){this.#e.replaceChildren(),this.#u(""),this.toggleAttribute("shown",!1)}#u(t){this.#t.textContent=t}#m(t,n){this.dispatchEvent(new CustomEvent(`segue:${t}`,{bubbles:!0,composed:!0,detail:n}))}};var g=e=>["string","number"].includes(typeof e)?String(e):"",F=e=>g(e)!==""&&Number.isFinite(Number(e))?Number(e):null,U=(e,t)=>(Array.isArray(e)?e:[]).map(n=>t(n??{})),S=(e,...t)=>Object.fromEntries(t.map(n=>[n,g(e[n])]));function Fe(e,...t){if(!g(e)||!URL.canParse(g(e),location.href))return"";let n=new URL(g(e),location.href);return t.includes(n.protocol)?n.href:""}function vt(e){try{return g(e)&&new Intl.DateTimeFormat("en",{timeZone:g(e)})&&g(e)}catch{return""}}function xt(e){let[t,n,o]=[e?.low,e?.mid,e?.high].map(r=>F(r)??g(r)),i=[t,n,o].every(r=>typeof r=="number"),s=[t,n,o].every(r=>typeof r=="string"&&Date.parse(r));return i||s?{low:t,mid:n,high:o}:null}var kt=e=>({...S(e,"key","period_end","at_limit","sentence"),name:g(e.name)||g(e.key),used:F(e.used)??0,limit:F(e.limit),forecast:xt(e.forecast)}),St=e=>({...S(e,"kind","label","to"),url:Fe(e.url,"https:","http:")});function _t(e){return!g(e?.id)||!g(e.title)?null:{...S(e,"id","class","moment","meter","title","body","returns"),facts:U(e.facts,t=>S(t,"id","label","value","as_of")),actions:U(e.actions,St).filter(({kind:t,label:n,url:o})=>n&&(t!=="open"||o)),why:U(e.why,g).filter(Boolean)}}function de(e){return!e||typeof e!="object"?null:{...S(e,"account","as_of","locale"),time_zone:vt(e.time_zone),labels:S(e.labels??{},...Object.keys(e.labels??{})),meters:U(e.meters,kt).filter(t=>t.key),alert:_t(e.alert)}}var $e=e=>({...S(e,"forward","to_name","channel","state"),undo_seconds:F(e.undo_seconds)??10,mailto:Fe(e.mailto,"mailto:")});function Et(e){let t="",n="",o="",i=[];function s(r){let[,c,l=""]=/^([^:]*)(?:: ?(.*))?$/s.exec(r);c==="data"?i.push(l):c==="event"?n=l:c==="id"&&!l.includes("\0")&&(o=l),!r&&(i.length&&e({type:n||"message",data:i.join(`
`),id:o}),i=[],n="")}return r=>{let c=(t+r).split(/\r\n|\n|\r(?!$)/);if(t=c.pop()??"",t.length>1048576)throw new RangeError("an event without an end");c.forEach(s)}}async function Be(e,t,n){let o=e.body.getReader(),i=new TextDecoder,s=Et(t);for(;;){let{done:r,value:c}=await o.read();if(r)return;n(),s(i.decode(c,{stream:!0}))}}var ue="segue.waiting";function me(e){try{let[,t]=e.split("."),{account:n,sub:o}=JSON.parse(atob(t.replace(/-/g,"+").replace(/_/g,"/")));return`${n}/${o}`}catch{return""}}function B(){try{sessionStorage.removeItem(ue)}catch{}}function Ge(){try{return JSON.parse(sessionStorage.getItem(ue)??"[]").filter(({at:t})=>Date.now()-t<864e5)}catch{return[]}}var $=class{#i;#t=[];constructor(t){this.#i=t,t&&(this.#t=Ge())}of(t){return this.#t.filter(n=>n.who===t)}add(t){this.#t=[...this.#t,t].slice(-20),this.#e()}drop(t){let n=this.#t.length;return this.#t=this.#t.filter(({said:o})=>o.id!==t),Ge().length&&this.#e(),this.#t.length<n}#e(){if(this.#i){if(!this.#t.length)return B();try{sessionStorage.setItem(ue,JSON.stringify(this.#t))}catch{this.#i=!1}}}};var zt=1e3,Tt=3e4,At=45e3,Nt=3,_=class extends Error{constructor(t,n=""){super(`refused: ${t}`),this.detail=n,this.final=t<500&&t!==429&&t!==408}},Pe=()=>crypto.getRandomValues(new Uint8Array(16)).reduce((e,t)=>e+t.toString(16).padStart(2,"0"),"");function Je(e){let t=Math.min(Tt,zt*2**e);return new Promise(n=>{setTimeout(n,t*(.5+Math.random()/2)),addEventListener("online",n,{once:!0})})}function Ot(e){try{return JSON.parse(e)}catch{return null}}function fe({token:e,base:t=new URL(import.meta.url).origin,keep:n=!1,onState:o=()=>{}}){let i=new $(n),s=new Set,r=!1,c=!0,l="",p=typeof e=="string"?e:"",m="",w=new AbortController,z=null,v=null;async function J(){let u=typeof e=="function"?await e():p;return p="",l=u||""}let E=()=>z??=J().finally(()=>z=null);function H(u){!c||!u||(o(v=u),Ze())}let Y=()=>w.abort();function K(){c=!1,Y(),removeEventListener("pagehide",Y)}function be(){return H(v&&{...v,alert:null}),K(),new _(401)}async function W(u,d={}){let h=()=>{let b={...d.headers,Authorization:`Bearer ${l}`};return fetch(t+u,{credentials:"omit",cache:"no-store",...d,headers:b})};if(!l&&!await E())throw be();let f=await h();if(f.status===401){let b=l;await E()&&l!==b&&(f=await h())}if(f.ok)return f;throw f.status===401?be():new _(f.status,(await f.json().catch(()=>null))?.detail)}async function We(u){let d=w=new AbortController,h=!1,f=0,b=()=>{clearTimeout(f),f=setTimeout(()=>d.abort(),At)},T=async({type:N,data:Qe,id:Xe})=>{u(),m=Xe||m,N==="state"&&H(de(Ot(Qe))),N==="expiring"&&(h=!!await E().catch(()=>""),h&&d.abort())},x={Accept:"text/event-stream"};m&&(x["Last-Event-ID"]=m);try{b(),await Be(await W("/v1/widget/stream",{headers:x,signal:d.signal}),T,b)}catch(N){if(!h)throw N}finally{clearTimeout(f)}return h}async function Ve(){for(let u=0;c;){try{if(m||H(de(await(await W("/v1/widget/state")).json())),await We(()=>u=0))continue}catch(d){if(d instanceof _&&d.final)return K()}c&&await Je(u++)}}async function V(u,d,h){let b={method:"POST",headers:{"Content-Type":"application/json"},body:JSON.stringify(h),keepalive:!0};for(let T=0;;T++)try{return await(await W(`/v1/widget/alerts/${encodeURIComponent(u)}/${d}`,b)).json().catch(()=>null)??{}}catch(x){if(x instanceof _&&x.final||T+1>=Nt)throw x;await Je(T-1)}}async function ge({alert:u,said:d}){s.add(d.id);try{await V(u,"feedback",d),i.drop(d.id)}catch(h){if(!(h instanceof _&&h.final))return;throw i.drop(d.id),h}finally{s.delete(d.id)}}async function Ze(){if(!r){r=!0;for(let u of i.of(me(l)))s.has(u.said.id)||await ge(u).catch(()=>{});r=!1}}return addEventListener("pagehide",Y),Ve(),{get state(){return v},close:K,async feedback(u,d,h={}){let f={id:Pe(),kind:d,...h},b={alert:u,said:f,who:me(l),at:Date.now()};return i.add(b),await ge(b),f.id},async forward(u,{to:d="",...h}){let f=Pe(),b=$e(await V(u,"forward",{id:f,to:d||null,...h}));return{...b,forward:b.forward||f}},async undo(u,d){!s.has(d)&&i.drop(d)||await V(u,"undo",{id:d})}}}function Ct({used:e,forecast:t},n){let o=typeof t?.low=="string",i=Math.max(e,o||!t?e:Number(t.low)),s=Math.max(i,o?n:Number(t?.high??e)),r=Math.max(n,s),c=m=>`${(m/(r||1)*100).toFixed(2)}%`;return{css:`:host { ${Object.entries({used:e,low:i,high:s,limit:n}).map(([m,w])=>`--_${m}: ${c(w)};`).join(" ")} }`,passed:r>n}}var G=class extends HTMLElement{static observedAttributes=["meter"];#i=ce("");#t=this.attachShadow({mode:"open"});#e=null;#n=()=>{};constructor(){super(),this.#t.adoptedStyleSheets=[...qe(),this.#i]}connectedCallback(){this.#n=j(t=>{this.#e=t,this.#a()})}disconnectedCallback(){this.#n()}attributeChangedCallback(){this.#a()}#a(){let t=this.getAttribute("meter"),n=this.#e?.meters.find(o=>!t||o.key===t);this.toggleAttribute("ready",!!n),this.#t.replaceChildren(...n?this.#r(n):[])}#r(t){let{limit:n,forecast:o}=t,i=I(this,this.#e?.locale??""),s=C(this.#e?.labels??{}),r=a("b",{},ee(t.used,i)),c=n===null?"{used}":s("amount",{limit:ee(n,i)}),[l,p]=c.split("{used}"),m=a("span",{class:"amount",part:"amount"},l,r,p),w=a("div",{class:"row",part:"row"},a("span",{class:"name",part:"name"},t.name),m),z=typeof o?.low=="string"&&Ae(o.low,String(o.high),i),v=this.hasAttribute("compact")?z?s("around",{range:z}):"":t.sentence,J=v&&a("p",{class:"below",part:"sentence"},v);return[w,n!==null&&this.#s(t,n,m.textContent),J].filter(E=>E!==""&&E!==!1)}#s(t,n,o){let{css:i,passed:s}=Ct(t,n),r={role:"meter","aria-label":t.name,"aria-valuemin":"0","aria-valuemax":String(Math.max(n,t.used)),"aria-valuenow":String(t.used),"aria-valuetext":t.sentence||o};return this.#i.replaceSync(i),a("div",{class:"bar",part:"bar",...r},t.forecast&&a("div",{class:"ahead",part:"forecast"}),a("div",{class:"used",part:"used"}),s&&a("div",{class:"limit",part:"limit"}))}};var It=[...document.querySelectorAll("script")].find(({src:e})=>e===import.meta.url),{token:He="",tokenUrl:pe="",storage:Ye="",after:Lt=""}=It?.dataset??{};async function Rt(){let e=await fetch(pe,{cache:"no-store"});if(e.status===401||e.status===403)return"";if(!e.ok)throw new Error(`no token: ${e.status}`);let t=(await e.text()).trim();return t.startsWith("{")?JSON.parse(t).token:t}var P=He,he=pe?Rt:null;async function Dt(){let e=P||await he?.()||"";return P="",e}var Ke=()=>se(fe({token:Dt,keep:Ye!=="none",onState:M})),Mt=Object.freeze({connect:fe,pause:ye,resume:ve,token(e){typeof e=="function"?he=e:P=e,Ke()},stop(){P="",he=null,se(null),M(null),ae(),B()}}),jt="replaceSync"in CSSStyleSheet.prototype&&CSS.supports("color","light-dark(red, red)");jt&&!customElements.get("segue-banner")&&(Ye==="none"&&(De(),B()),we(Lt),customElements.define("segue-meter",G),customElements.define("segue-banner",q),Object.assign(globalThis,{segue:Mt}),(He||pe)&&Ke(),dispatchEvent(new Event("segue:ready")));export{Mt as segue};
