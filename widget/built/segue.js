/* Segue, made of ab322cc108d64933 by `make widget` */
var Xe="[data-segue-busy], dialog:modal",et={subtree:!0,childList:!0,attributes:!0,attributeFilter:["data-segue-busy","open"]},ge=3e3,Q=!1,Z=new Set;function we(e){e&&Number(e)>=0&&(ge=Number(e))}function ye(){Q=!0}function ve(){Q=!1,Z.forEach(e=>e())}function tt(){let e=document.activeElement;for(;e?.shadowRoot?.activeElement;)e=e.shadowRoot.activeElement;return e}function nt(){let e=tt();return e instanceof HTMLElement?e.matches("textarea, select, input:not([type=button], [type=submit], [type=checkbox])")||e.isContentEditable:!1}function xe(e,t=!1){let n=new AbortController,i=!1,o=0,r=()=>{let f=t?0:ge-performance.now();if(!(n.signal.aborted||Q||document.querySelector(Xe))){if(f>0)return void setTimeout(r,f);nt()&&!i||(l(),e())}},s=()=>{clearTimeout(o),i=!1,o=setTimeout(()=>{i=!0,r()},3e4)},c=new MutationObserver(r),l=()=>{clearTimeout(o),c.disconnect(),Z.delete(r),n.abort()};return r(),n.signal.aborted?()=>{}:(Z.add(r),c.observe(document.documentElement,et),document.addEventListener("focusout",()=>setTimeout(r),{signal:n.signal}),document.addEventListener("keydown",s,{signal:n.signal,capture:!0}),s(),l)}function ke(e,t){let n=new AbortController,i=!1,o=0,r=()=>{clearTimeout(o),n.abort(),c.disconnect()},s=()=>{clearTimeout(o),!(!i||document.visibilityState!=="visible")&&(o=setTimeout(()=>{r(),t()},1e3))},c=new IntersectionObserver(l=>{let{intersectionRatio:f,intersectionRect:m}=l[l.length-1],w=f>=.5||m.height>=innerHeight/2;w!==i&&(i=w,s())},{threshold:[0,.1,.2,.3,.4,.5,.6,.7,.8,.9,1]});return c.observe(e),document.addEventListener("visibilitychange",s,{signal:n.signal}),r}var it={duration:260,easing:"cubic-bezier(.2, 0, 0, 1)"},Se=()=>matchMedia("(prefers-reduced-motion: reduce)").matches;function a(e,t={},...n){let i=document.createElement(e);for(let[o,r]of Object.entries(t))typeof r=="function"?i.addEventListener(o,r):r!==!1&&i.setAttribute(o,r===!0?"":r);for(let o of n)o&&i.append(o);return i}function O(e,t,n){let i=e.offsetHeight;e.getAnimations().forEach(c=>c.cancel()),t();let o=n?0:e.offsetHeight;if(Se()||i===o)return n?.();let r=c=>({height:`${c}px`,opacity:c&&1,overflow:"clip"}),s=e.animate([r(i),r(o)],{...it,fill:n?"forwards":"none"});s.onfinish=()=>{s.cancel(),n?.()}}function _e(e,t){Se()||e?.animate([{inlineSize:"0"},{inlineSize:"100%"}],t)}var ot={why:"Why am I seeing this?",returns:"It may come back on {date} at the earliest.",as_of:"as of {time}",amount:"{used} of {limit}",around:"around {range}",close:"Close",undo:"Undo",useful:"Thanks, noted.",snoozed:"All right, not now.",snoozed_until:"All right. This won’t come up again before {date}.",muted:"All right. This won’t be suggested again.",dismissed:"Closed.",sending:"Sending to {name}",sent:"Sent to {name}",draft:"A draft to {name} is ready for you to send.",open_draft:"Open in e-mail",over:"This is no longer open.",failed:"That didn’t go through. Please try again.",too_late:"It was too late to undo that.",form:"Send this summary to someone",email:"E-mail",name:"Name (optional)",role:"They read it as",manager:"Manager",finance:"Finance",note:"Your note (optional)",note_hint:"Up to 280 characters, no links.",send:"Send",cancel:"Cancel"},C=e=>(t,n={})=>(e[t]||ot[t]).replace(/\{(\w+)\}/g,(i,o)=>n[o]??i);function I(e,t){let n=e.closest("[lang]")??document.documentElement;for(let i of[t,n.getAttribute("lang")])try{if(i&&Intl.NumberFormat.supportedLocalesOf(i).length)return i}catch{continue}}var X=(e,t)=>new Intl.NumberFormat(t,{maximumFractionDigits:2}).format(e),Ee=(e,t)=>({timeZone:e.length===10?"UTC":t||void 0});function ze(e,t,n,i){let o=new Date(e);return Number.isNaN(o.getTime())?"":new Intl.DateTimeFormat(t,{...n,...Ee(e,i)}).format(o)}var L=(e,t)=>ze(e,t,{dateStyle:"long"});function Te(e,t,n){let i=e.length>10&&{hour:"2-digit",minute:"2-digit"};return ze(e,t,{day:"numeric",month:"short",...i},n)}function Ae(e,t,n){let[i,o]=[new Date(e),new Date(t)],r=new Intl.DateTimeFormat(n,{day:"numeric",month:"short",...Ee(e)});return i<o?r.formatRange(i,o):r.format(i)}var rt="M1.5 1.5l9 9m0-9l-9 9";function Ne(e,t,{act:n}){let i=t?"button primary":"button",o=e.kind==="open"?{href:e.url}:{type:"button"},r={class:i,part:i,click:()=>n(e),...o};return a(e.kind==="open"?"a":"button",r,e.label)}function st(e,t){let n=e.actions.filter(({kind:s})=>s==="snooze"||s==="mute"),i=e.actions.filter(s=>!n.includes(s)&&s.kind!=="dismiss"),o=["open","forward"].flatMap(s=>i.filter(c=>c.kind===s))[0],r=[i,n].filter(s=>s.length);return a("div",{class:"actions",part:"actions"},...r.map(s=>a("div",{class:"group"},...s.map(c=>Ne(c,c===o,t)))))}function at({facts:e},{say:t,locale:n,zone:i}){let o=e.map(l=>l.as_of).filter(Boolean).sort()[0]??"",r=Te(o,n,i),s=e.map(({label:l,value:f})=>a("div",{class:"fact"},a("dt",{},l),a("dd",{},a("bdi",{},f)))),c=r&&a("time",{datetime:o},t("as_of",{time:r}));return a("div",{class:"evidence",part:"evidence"},a("dl",{},...s),c)}function ct(e,{say:t,locale:n}){let i=L(e.returns,n),r=[...e.why,i&&t("returns",{date:i})].filter(Boolean).map(s=>a("li",{dir:"auto"},s));return r.length?a("details",{class:"why",part:"why"},a("summary",{},t("why")),a("ul",{role:"list"},...r)):null}function lt(){let[e,t]=["svg","path"].map(n=>document.createElementNS("http://www.w3.org/2000/svg",n));return e.setAttribute("viewBox","0 0 12 12"),e.setAttribute("aria-hidden","true"),t.setAttribute("d",rt),e.append(t),e}function dt(e,t){let n=t.meters.filter(({limit:o})=>o!==null).map(({key:o})=>o);return n.find(o=>o===e.meter||e.facts.some(({id:r})=>r.split(/[.:/]/).includes(o)))??(n.length===1&&n[0])}function Oe(e,t,n,i){let o=e.class==="notice",r=dt(e,t),c={kind:"dismiss",label:e.actions.find(({kind:f})=>f==="dismiss")?.label||n.say("close"),url:"",to:""},l={class:"close",part:"close",type:"button","aria-label":c.label,click:()=>n.act(c)};return a("section",{class:o?"card notice":"card",part:"card","aria-labelledby":"title",tabindex:"-1"},a("div",{class:"story"},a("div",{class:"words"},a("p",{class:"title",part:"title",id:"title",dir:"auto"},e.title),e.body&&a("p",{class:"body",part:"body",dir:"auto"},e.body),e.facts.length>0&&at(e,n)),r&&a("segue-meter",{class:"side",compact:!0,meter:r,exportparts:"bar, used, forecast, limit"}),o&&a("div",{class:"actions",part:"actions"},Ne(c,!1,n))),i&&a("p",{class:"problem",part:"problem"},i),!o&&st(e,n),ct(e,n),!o&&a("button",l,lt()))}function Ce(e,{undo:t,link:n,way:i}){return a("section",{class:"card short",part:"card","aria-label":e,tabindex:"-1"},a("p",{dir:"auto"},e),t&&a("button",{class:"button text",part:"button undo",type:"button",click:t.click},t.label),n&&a("a",{class:"button text",part:"button draft",href:n.href},n.label),i&&a("div",{class:"way","aria-hidden":"true"}))}function ee(e,t,n=""){return n&&t.setAttribute("aria-describedby","hint"),a("div",{class:n?"field all":"field"},a("label",{},a("span",{class:"label"},e),t),n&&a("p",{class:"hint",id:"hint"},n))}function ut(e){let t=["manager","finance"].map((n,i)=>a("label",{},a("input",{type:"radio",name:"role",value:n,checked:i===0}),e(n)));return a("fieldset",{class:"field all"},a("legend",{class:"label"},e("role")),a("div",{class:"choice"},...t))}function Ie(e,t,n){let i=a("input",{name:"email",type:"email",required:!0,autocomplete:"off",maxlength:"254"}),o=a("input",{name:"name",autocomplete:"off",maxlength:"120"}),r=a("textarea",{name:"note",rows:"2",maxlength:"280"});return a("form",{part:"form","aria-labelledby":"legend",submit:l=>{l.preventDefault();let f=[...new FormData(l.currentTarget)];t(Object.fromEntries(f.map(([m,w])=>[m,String(w).trim()]).filter(([,m])=>m)))},keydown:l=>{l.key==="Escape"&&(l.stopPropagation(),n())}},a("p",{class:"legend",id:"legend"},e("form")),a("div",{class:"fields"},ee(e("email"),i),ee(e("name"),o),ut(e),ee(e("note"),r,e("note_hint"))),a("div",{class:"group"},a("button",{class:"button primary",part:"button primary"},e("send")),a("button",{class:"button",part:"button",type:"button",click:n},e("cancel"))))}var te="segue.alerts";var ne=new Set,D=null,ie=null,y=new Map,M=!0;try{y=new Map(Object.entries(JSON.parse(sessionStorage.getItem(te)??"{}")))}catch{M=!1}var A=()=>ie;function oe(e){ie?.close(),ie=e}function R(e){D=e,ne.forEach(t=>t(e))}function j(e){return ne.add(e),D&&e(D),()=>{ne.delete(e)}}function Le(){if(M)try{y.size?sessionStorage.setItem(te,JSON.stringify(Object.fromEntries([...y].slice(-50)))):sessionStorage.removeItem(te)}catch{M=!1}}var re=e=>y.has(e),De=e=>y.has(e)&&y.get(e)!=="seen";function k(e,t){y.set(e,t),Le(),R(D)}function se(){y.clear(),Le()}function Me(){se(),M=!1}var mt=`
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
`,ft=`
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
`,ht=`
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
`;function ae(e){let t=new CSSStyleSheet;return t.replaceSync(e),t}function pt(e){let t;return()=>t??=ae(e)}var[Re,bt,gt]=[mt,ft,ht].map(pt),je=()=>[Re(),bt()],qe=()=>[Re(),gt()];var wt=1e4,ce=5e3,Ue={useful:"useful",snooze:"snoozed",mute:"muted",dismiss:"dismissed"},q=class extends HTMLElement{#o=this.attachShadow({mode:"open"});#t=a("div",{role:"status"});#e=a("div");#n=null;#a=null;#s="nothing";#r=!1;#l=null;#h=0;#w=()=>{};#p=()=>{};#b=()=>{};constructor(){super(),this.#o.adoptedStyleSheets=je(),this.#o.append(this.#t,this.#e),this.addEventListener("focusout",()=>setTimeout(()=>this.#g()))}connectedCallback(){this.#w=j(t=>{this.#n=t,this.#e.lang=t?.locale??"",this.#g()})}disconnectedCallback(){this.#w(),this.#z(),this.#A()}get#i(){return C(this.#n?.labels??{})}get#y(){return I(this,this.#n?.locale??"")}get#f(){return this.#o.activeElement!==null}#g(){if(!this.isConnected||this.#r||this.#s==="line")return;let t=this.#n?.alert;this.#p(),!t||De(t.id)?this.#C():t.id===this.#a?.id?this.#O(t):this.#f||(this.#p=xe(()=>this.#N(t),re(t.id)))}#N(t){this.#d(t),this.#u(t.title),this.#m("shown",{alert:t.id,class:t.class,moment:t.moment})}#O(t){if(JSON.stringify(t)===JSON.stringify(this.#a)||this.#f||this.#s!=="card")return;let i=!!this.#e.querySelector("details")?.open;this.#d(t),this.#e.querySelector("details")?.toggleAttribute("open",i)}#C(){this.#s!=="nothing"&&(this.#f?this.#c(this.#i("over"),{},ce):this.#T())}#d(t,n=""){if(!this.#n)return;let i=s=>this.#k(t,s),o={say:this.#i,locale:this.#y,zone:this.#n.time_zone,act:i},r=Oe(t,this.#n,o,n);this.#a=t,this.#x("card",r),n&&this.#u(n),this.#b=ke(r,()=>re(t.id)||this.#v(t,"seen"))}#v(t,n){k(t.id,"seen"),A()?.feedback(t.id,n).catch(()=>{})}#x(t,n){let i=this.#f;this.#b(),clearTimeout(this.#h),this.#s=t,this.toggleAttribute("shown",!0),O(this.#e,()=>this.#e.replaceChildren(n));let o=t==="line"?n.querySelector("button, a"):null;i&&(o??n).focus({preventScroll:!0})}#k(t,{kind:n,to:i}){if(this.#r)return void(this.#l=()=>this.#k(t,{kind:n,to:i}));n==="forward"&&!i?this.#D(t):n==="forward"?this.#S(t,{to:i}):n==="open"?(this.#v(t,"acted"),this.#m("answered",{alert:t.id,kind:"acted"})):n in Ue&&this.#I(t,Ue[n])}#I(t,n){let i=Promise.resolve(A()?.feedback(t.id,n)),o=L(t.returns,this.#y),r=n==="snoozed"&&o?this.#i("snoozed_until",{date:o}):this.#i(n);this.#c(r,{undo:this.#_(t,n,i)},wt),k(t.id,n),i.then(s=>this.#m("answered",{alert:t.id,kind:n,id:s}),s=>this.#E(t,s))}async#S(t,n,i=o=>this.#E(t,o)){this.#r=!0;try{let o=await A()?.forward(t.id,n);o&&this.isConnected&&this.#L(t,o,n)}catch(o){i(o)}finally{this.#r=!1,this.#l=null}}#L(t,{forward:n,to_name:i,state:o,mailto:r,undo_seconds:s},c){let l=i||c.name||c.email||"",f=()=>this.#c(this.#i("sent",{name:l}),{},ce),m=s*1e3;if(r)this.#c(this.#i("draft",{name:l}),{link:{label:this.#i("open_draft"),href:r}},0);else if(o==="sent")f();else{let w=this.#_(t,"forwarded",Promise.resolve(n));this.#c(this.#i("sending",{name:l}),{undo:w,way:!0},m,f),_e(this.#e.querySelector(".way"),m)}k(t.id,"forwarded"),this.#m("forwarded",{alert:t.id,forward:n,state:o})}#D(t){let n=this.#e.firstElementChild,i=a("p",{class:"problem",part:"problem"}),o=c=>{i.textContent=c?.detail||this.#i("failed"),s.lastElementChild?.before(i),this.#u(i.textContent??"")},r=c=>{this.#r||this.#S(t,c,o)},s=Ie(this.#i,r,()=>this.#d(t));this.#s="form",O(this.#e,()=>{n.querySelectorAll(".actions, .why, .problem").forEach(c=>c.remove()),n.append(s)}),s.querySelector("input")?.focus()}#_(t,n,i){let o=async()=>{this.#r=!0,this.#d(t),k(t.id,"seen");try{let s=await i??"";await A()?.undo(t.id,s),this.#n&&(this.#n={...this.#n,alert:t}),this.#m("undone",{alert:t.id,kind:n,id:s})}catch{this.#l=null,this.#c(this.#i("too_late"),{},ce),k(t.id,n)}let r=this.#l;this.#l=null,this.#r=!1,r?.()};return{label:this.#i("undo"),click:o}}#E(t,n){this.isConnected&&this.#d(t,n?.detail||this.#i("failed")),k(t.id,"seen")}#c(t,n,i,o=()=>this.#M()){this.#x("line",Ce(t,n)),this.#u(t),i&&(this.#h=setTimeout(o,i))}#M(){this.#T(),this.#g()}#z(){this.#p(),this.#b(),clearTimeout(this.#h),this.#a=null,this.#s="nothing"}#T(){this.#z(),O(this.#e,()=>{},()=>this.#A())}#A(){this.#e.replaceChildren(),this.#u(""),this.toggleAttribute("shown",!1)}#u(t){this.#t.textContent=t}#m(t,n){this.dispatchEvent(new CustomEvent(`segue:${t}`,{bubbles:!0,composed:!0,detail:n}))}};var g=e=>["string","number"].includes(typeof e)?String(e):"",F=e=>g(e)!==""&&Number.isFinite(Number(e))?Number(e):null,U=(e,t)=>(Array.isArray(e)?e:[]).map(n=>t(n??{})),S=(e,...t)=>Object.fromEntries(t.map(n=>[n,g(e[n])]));function Fe(e,...t){if(!g(e)||!URL.canParse(g(e),location.href))return"";let n=new URL(g(e),location.href);return t.includes(n.protocol)?n.href:""}function yt(e){try{return g(e)&&new Intl.DateTimeFormat("en",{timeZone:g(e)})&&g(e)}catch{return""}}function vt(e){let[t,n,i]=[e?.low,e?.mid,e?.high].map(s=>F(s)??g(s)),o=[t,n,i].every(s=>typeof s=="number"),r=[t,n,i].every(s=>typeof s=="string"&&Date.parse(s));return o||r?{low:t,mid:n,high:i}:null}var xt=e=>({...S(e,"key","period_end","at_limit","sentence"),name:g(e.name)||g(e.key),used:F(e.used)??0,limit:F(e.limit),forecast:vt(e.forecast)}),kt=e=>({...S(e,"kind","label","to"),url:Fe(e.url,"https:","http:")});function St(e){return!g(e?.id)||!g(e.title)?null:{...S(e,"id","class","moment","meter","title","body","returns"),facts:U(e.facts,t=>S(t,"id","label","value","as_of")),actions:U(e.actions,kt).filter(({kind:t,label:n,url:i})=>n&&(t!=="open"||i)),why:U(e.why,g).filter(Boolean)}}function le(e){return!e||typeof e!="object"?null:{...S(e,"account","as_of","locale"),time_zone:yt(e.time_zone),labels:S(e.labels??{},...Object.keys(e.labels??{})),meters:U(e.meters,xt).filter(t=>t.key),alert:St(e.alert)}}var $e=e=>({...S(e,"forward","to_name","channel","state"),undo_seconds:F(e.undo_seconds)??10,mailto:Fe(e.mailto,"mailto:")});function _t(e){let t="",n="",i="",o=[];function r(s){let[,c,l=""]=/^([^:]*)(?:: ?(.*))?$/s.exec(s);c==="data"?o.push(l):c==="event"?n=l:c==="id"&&!l.includes("\0")&&(i=l),!s&&(o.length&&e({type:n||"message",data:o.join(`
`),id:i}),o=[],n="")}return s=>{let c=(t+s).split(/\r\n|\n|\r(?!$)/);if(t=c.pop()??"",t.length>1048576)throw new RangeError("an event without an end");c.forEach(r)}}async function Be(e,t,n){let i=e.body.getReader(),o=new TextDecoder,r=_t(t);for(;;){let{done:s,value:c}=await i.read();if(s)return;n(),r(o.decode(c,{stream:!0}))}}var de="segue.waiting";function ue(e){try{let[,t]=e.split("."),{account:n,sub:i}=JSON.parse(atob(t.replace(/-/g,"+").replace(/_/g,"/")));return`${n}/${i}`}catch{return""}}function B(){try{sessionStorage.removeItem(de)}catch{}}function Et(){try{return JSON.parse(sessionStorage.getItem(de)??"[]").filter(({at:t})=>Date.now()-t<864e5)}catch{return[]}}var $=class{#o;#t=[];constructor(t){this.#o=t,t&&(this.#t=Et())}of(t){return this.#t.filter(n=>n.who===t)}add(t){this.#t=[...this.#t,t].slice(-20),this.#e()}drop(t){let n=this.#t.length;return this.#t=this.#t.filter(({said:i})=>i.id!==t),this.#e(),this.#t.length<n}#e(){if(this.#o){if(!this.#t.length)return B();try{sessionStorage.setItem(de,JSON.stringify(this.#t))}catch{this.#o=!1}}}};var zt=1e3,Tt=3e4,At=45e3,Nt=3,_=class extends Error{constructor(t,n=""){super(`refused: ${t}`),this.detail=n,this.final=t<500&&t!==429&&t!==408}},Ge=()=>crypto.getRandomValues(new Uint8Array(16)).reduce((e,t)=>e+t.toString(16).padStart(2,"0"),"");function Pe(e){let t=Math.min(Tt,zt*2**e);return new Promise(n=>{setTimeout(n,t*(.5+Math.random()/2)),addEventListener("online",n,{once:!0})})}function Ot(e){try{return JSON.parse(e)}catch{return null}}function me({token:e,base:t=new URL(import.meta.url).origin,keep:n=!1,onState:i=()=>{}}){let o=new $(n),r=new Set,s=!1,c=!0,l="",f=typeof e=="string"?e:"",m="",w=new AbortController,z=null,v=null;async function J(){let u=typeof e=="function"?await e():f;return f="",l=u||""}let E=()=>z??=J().finally(()=>z=null);function H(u){!c||!u||(i(v=u),Ve())}let Y=()=>w.abort();function K(){c=!1,Y(),removeEventListener("pagehide",Y)}function pe(){return H(v&&{...v,alert:null}),K(),new _(401)}async function W(u,d={}){let p=()=>{let b={...d.headers,Authorization:`Bearer ${l}`};return fetch(t+u,{credentials:"omit",cache:"no-store",...d,headers:b})};if(!l&&!await E())throw pe();let h=await p();if(h.status===401){let b=l;await E()&&l!==b&&(h=await p())}if(h.ok)return h;throw h.status===401?pe():new _(h.status,(await h.json().catch(()=>null))?.detail)}async function Ke(u){let d=w=new AbortController,p=!1,h=0,b=()=>{clearTimeout(h),h=setTimeout(()=>d.abort(),At)},T=async({type:N,data:Ze,id:Qe})=>{u(),m=Qe||m,N==="state"&&H(le(Ot(Ze))),N==="expiring"&&(p=!!await E().catch(()=>""),p&&d.abort())},x={Accept:"text/event-stream"};m&&(x["Last-Event-ID"]=m);try{b(),await Be(await W("/v1/widget/stream",{headers:x,signal:d.signal}),T,b)}catch(N){if(!p)throw N}finally{clearTimeout(h)}return p}async function We(){for(let u=0;c;){try{if(m||H(le(await(await W("/v1/widget/state")).json())),await Ke(()=>u=0))continue}catch(d){if(d instanceof _&&d.final)return K()}c&&await Pe(u++)}}async function V(u,d,p){let b={method:"POST",headers:{"Content-Type":"application/json"},body:JSON.stringify(p),keepalive:!0};for(let T=0;;T++)try{return await(await W(`/v1/widget/alerts/${encodeURIComponent(u)}/${d}`,b)).json().catch(()=>null)??{}}catch(x){if(x instanceof _&&x.final||T+1>=Nt)throw x;await Pe(T-1)}}async function be({alert:u,said:d}){r.add(d.id);try{await V(u,"feedback",d),o.drop(d.id)}catch(p){if(!(p instanceof _&&p.final))return;throw o.drop(d.id),p}finally{r.delete(d.id)}}async function Ve(){if(!s){s=!0;for(let u of o.of(ue(l)))r.has(u.said.id)||await be(u).catch(()=>{});s=!1}}return addEventListener("pagehide",Y),We(),{get state(){return v},close:K,async feedback(u,d,p={}){let h={id:Ge(),kind:d,...p},b={alert:u,said:h,who:ue(l),at:Date.now()};return o.add(b),await be(b),h.id},async forward(u,{to:d="",...p}){let h=Ge(),b=$e(await V(u,"forward",{id:h,to:d||null,...p}));return{...b,forward:b.forward||h}},async undo(u,d){!r.has(d)&&o.drop(d)||await V(u,"undo",{id:d})}}}function Ct({used:e,forecast:t},n){let i=typeof t?.low=="string",o=Math.max(e,i||!t?e:Number(t.low)),r=Math.max(o,i?n:Number(t?.high??e)),s=Math.max(n,r),c=m=>`${(m/(s||1)*100).toFixed(2)}%`;return{css:`:host { ${Object.entries({used:e,low:o,high:r,limit:n}).map(([m,w])=>`--_${m}: ${c(w)};`).join(" ")} }`,passed:s>n}}var G=class extends HTMLElement{static observedAttributes=["meter"];#o=ae("");#t=this.attachShadow({mode:"open"});#e=null;#n=()=>{};constructor(){super(),this.#t.adoptedStyleSheets=[...qe(),this.#o]}connectedCallback(){this.#n=j(t=>{this.#e=t,this.#a()})}disconnectedCallback(){this.#n()}attributeChangedCallback(){this.#a()}#a(){let t=this.getAttribute("meter"),n=this.#e?.meters.find(i=>!t||i.key===t);this.toggleAttribute("ready",!!n),this.#t.replaceChildren(...n?this.#s(n):[])}#s(t){let{limit:n,forecast:i}=t,o=I(this,this.#e?.locale??""),r=C(this.#e?.labels??{}),s=a("b",{},X(t.used,o)),c=n===null?"{used}":r("amount",{limit:X(n,o)}),[l,f]=c.split("{used}"),m=a("span",{class:"amount",part:"amount"},l,s,f),w=a("div",{class:"row",part:"row"},a("span",{class:"name",part:"name"},t.name),m),z=typeof i?.low=="string"&&Ae(i.low,String(i.high),o),v=this.hasAttribute("compact")?z?r("around",{range:z}):"":t.sentence,J=v&&a("p",{class:"below",part:"sentence"},v);return[w,n!==null&&this.#r(t,n,m.textContent),J].filter(E=>E!==""&&E!==!1)}#r(t,n,i){let{css:o,passed:r}=Ct(t,n),s={role:"meter","aria-label":t.name,"aria-valuemin":"0","aria-valuemax":String(Math.max(n,t.used)),"aria-valuenow":String(t.used),"aria-valuetext":t.sentence||i};return this.#o.replaceSync(o),a("div",{class:"bar",part:"bar",...s},t.forecast&&a("div",{class:"ahead",part:"forecast"}),a("div",{class:"used",part:"used"}),r&&a("div",{class:"limit",part:"limit"}))}};var It=[...document.querySelectorAll("script")].find(({src:e})=>e===import.meta.url),{token:Je="",tokenUrl:he="",storage:He="",after:Lt=""}=It?.dataset??{};async function Dt(){let e=await fetch(he,{cache:"no-store"});if(e.status===401||e.status===403)return"";if(!e.ok)throw new Error(`no token: ${e.status}`);let t=(await e.text()).trim();return t.startsWith("{")?JSON.parse(t).token:t}var P=Je,fe=he?Dt:null;async function Mt(){let e=P||await fe?.()||"";return P="",e}var Ye=()=>oe(me({token:Mt,keep:He!=="none",onState:R})),Rt=Object.freeze({connect:me,pause:ye,resume:ve,token(e){typeof e=="function"?fe=e:P=e,Ye()},stop(){P="",fe=null,oe(null),R(null),se(),B()}}),jt="replaceSync"in CSSStyleSheet.prototype&&CSS.supports("color","light-dark(red, red)");jt&&!customElements.get("segue-banner")&&(He==="none"&&(Me(),B()),we(Lt),customElements.define("segue-meter",G),customElements.define("segue-banner",q),Object.assign(globalThis,{segue:Rt}),(Je||he)&&Ye(),dispatchEvent(new Event("segue:ready")));export{Rt as segue};
