/**
 * The looks. A site sets its own colours and type on the element:
 *
 *     samsvar-chat {
 *       --samsvar-accent: #00543d;       buttons and the visitor's messages
 *       --samsvar-on-accent: #ffffff;    text on them
 *       --samsvar-other: #5b3a9b;        the stripe where another body answers
 *       --samsvar-font: "Inter", sans-serif;
 *       --samsvar-radius: 8px;
 *       --samsvar-offset: 24px;          from the corner of the window
 *     }
 */

export const CSS = `
:host {
  all: initial;
  --accent: var(--samsvar-accent, #0062ba);
  --on-accent: var(--samsvar-on-accent, #ffffff);
  --strong: var(--accent);
  --other: var(--samsvar-other, #5b3a9b);
  --surface: #ffffff;
  --raised: #f3f5f7;
  --text: #1c2733;
  --subtle: #4f5b69;
  --line: #c9d0d8;
  --edge: #68727d;
  --focus: #001f33;
  --warn-surface: #fff3e0;
  --warn-line: #b35c00;
  --calm-surface: #e8f3f1;
  --calm-line: #1f6f66;
  --radius: var(--samsvar-radius, 8px);
  --offset: var(--samsvar-offset, 24px);
  color-scheme: light;
  position: fixed;
  inset: auto var(--offset) var(--offset) auto;
  z-index: 2147483000;
  font-family: var(--samsvar-font, inherit);
  font-size: max(16px, 1rem);
  line-height: 1.5;
  color: var(--text);
}
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"])) {
    --strong: color-mix(in srgb, var(--accent) 35%, white);
    --other: color-mix(in srgb, var(--samsvar-other, #5b3a9b) 40%, white);
    --surface: #14191f;
    --raised: #212932;
    --text: #eef1f4;
    --subtle: #b4bec9;
    --line: #45505c;
    --edge: #93a0ad;
    --focus: #ffffff;
    --warn-surface: #3a2a12;
    --warn-line: #f0a649;
    --calm-surface: #17322f;
    --calm-line: #7cc7bb;
    color-scheme: dark;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
h2, h3, h4, p, ul { margin: 0; padding: 0; font-size: inherit; }
button, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; }
svg {
  width: 1.375em;
  height: 1.375em;
  flex: none;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.8;
  stroke-linecap: round;
  stroke-linejoin: round;
}
:focus-visible {
  outline: 3px solid var(--focus);
  outline-offset: 2px;
  box-shadow: 0 0 0 2px var(--surface);
}

.launcher {
  display: flex;
  align-items: center;
  gap: 0.6em;
  min-height: 56px;
  padding: 0 22px 0 18px;
  border: 2px solid var(--surface);
  border-radius: 28px;
  background: var(--accent);
  color: var(--on-accent);
  font-weight: 600;
  box-shadow: 0 4px 16px rgb(0 20 40 / 28%);
}
.launcher:hover, .send:hover, .primary:hover { filter: brightness(0.88); }
:host([data-open]) .launcher { visibility: hidden; }

dialog {
  position: fixed;
  inset: auto var(--offset) var(--offset) auto;
  flex-direction: column;
  width: min(420px, calc(100vw - 2 * var(--offset)));
  height: min(720px, calc(100dvh - 2 * var(--offset)));
  max-width: none;
  max-height: none;
  margin: 0;
  padding: 0;
  overflow: auto;
  border: 1px solid var(--line);
  border-radius: calc(var(--radius) + 4px);
  background: var(--surface);
  color: var(--text);
  box-shadow: 0 12px 40px rgb(0 20 40 / 30%);
  animation: rise 160ms ease-out;
}
dialog[open] { display: flex; }
dialog::backdrop { background: none; }
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }

.header {
  display: flex;
  align-items: flex-start;
  gap: 2px;
  padding: 12px 8px 12px 20px;
  border-top: 4px solid var(--accent);
  border-bottom: 1px solid var(--line);
}
.heading {
  flex: 1;
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 2px 10px;
  min-width: 0;
}
h2 { font-size: 1.125em; font-weight: 650; line-height: 1.3; overflow-wrap: anywhere; }
.badge {
  padding: 0 8px;
  border: 1px solid var(--edge);
  border-radius: 4px;
  font-size: 0.8125em;
  font-weight: 600;
  line-height: 1.6;
}
.badge.agent { border-color: transparent; background: var(--accent); color: var(--on-accent); }
.note { flex-basis: 100%; font-size: 0.875em; color: var(--subtle); }
.icon {
  display: grid;
  place-items: center;
  width: 44px;
  height: 44px;
  padding: 0;
  border: 0;
  border-radius: var(--radius);
  background: none;
}
.icon:hover, .menu button:hover, .secondary:hover { background: var(--raised); }
.icon[aria-controls] svg { stroke-width: 3; }

.menu, .confirm {
  position: absolute;
  z-index: 2;
  inset: 60px 12px auto auto;
  display: flex;
  flex-direction: column;
  width: min(300px, calc(100% - 24px));
  padding: 8px;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--surface);
  box-shadow: 0 8px 24px rgb(0 20 40 / 25%);
}
.menu button {
  min-height: 44px;
  padding: 8px 12px;
  border: 0;
  border-radius: calc(var(--radius) - 2px);
  background: none;
  text-align: start;
}
.languages {
  display: flex;
  flex-wrap: wrap;
  gap: 4px;
  margin-top: 8px;
  padding-top: 8px;
  border-top: 1px solid var(--line);
}
.languages span { flex-basis: 100%; padding: 0 12px; font-size: 0.875em; color: var(--subtle); }
.languages button { flex: 1; padding: 8px; text-align: center; }
.languages button[aria-pressed="true"] {
  background: var(--raised);
  font-weight: 650;
  box-shadow: inset 0 -2px var(--strong);
}
.confirm { padding: 20px; gap: 12px; inset-inline: 12px; width: auto; }
.confirm h3 { font-size: 1.0625em; }

.notices { flex: none; max-height: 45%; overflow-y: auto; overflow-wrap: anywhere; }
.notice {
  display: flex;
  align-items: flex-start;
  padding: 12px 8px 12px 16px;
  border-inline-start: 4px solid var(--calm-line);
  border-bottom: 1px solid var(--line);
  background: var(--calm-surface);
}
.notice.warning { border-inline-start-color: var(--warn-line); background: var(--warn-surface); }
.notice > div { flex: 1; min-width: 0; }
.notice h3 { font-size: 0.9375em; }
.notice .icon { flex: none; margin-top: -8px; }
.notice .icon:hover { background: var(--surface); }

.scroll {
  flex: 1;
  min-height: 7em;
  padding: 20px;
  overflow-y: auto;
  overscroll-behavior: contain;
}
.scroll:focus-visible { outline-offset: -4px; box-shadow: none; }
.log { display: flex; flex-direction: column; gap: 20px; overflow-wrap: anywhere; }
.message { min-width: 0; }
.who {
  display: flex;
  align-items: center;
  gap: 6px;
  margin-bottom: 4px;
  font-size: 0.875em;
  font-weight: 600;
  color: var(--subtle);
}
.visitor { align-self: flex-end; max-width: 88%; }
.bubble {
  padding: 10px 14px;
  border: 1px solid transparent;
  border-radius: var(--radius) var(--radius) 0 var(--radius);
  background: var(--accent);
  color: var(--on-accent);
  white-space: pre-wrap;
}
.system { align-self: center; color: var(--subtle); font-size: 0.9375em; }
.prose > :first-child { margin-top: 0; }
.prose > :last-child { margin-bottom: 0; }
.prose p, .prose ul, .prose ol { margin: 0 0 0.75em; }
.prose ul, .prose ol { padding-inline-start: 1.4em; }
.prose :is(h1, h2, h3, h4, h5, h6) { margin: 0 0 0.25em; font-size: 1em; font-weight: 650; }
.prose table { display: block; overflow-x: auto; border-collapse: collapse; }
.prose :is(th, td) { padding: 4px 8px; border: 1px solid var(--line); text-align: start; }
.prose img { max-width: 100%; }
a { color: var(--strong); text-underline-offset: 0.2em; }
a[target="_blank"]:not(.contact)::after { content: "\\00a0\\2197" / ""; }
.message.agent, .foreign, .crisis {
  padding: 12px 16px;
  border-inline-start: 4px solid var(--accent);
  border-radius: 0 var(--radius) var(--radius) 0;
  background: var(--raised);
}
.foreign { border-color: var(--other); }
.foreign > .who { color: var(--other); font-size: 1em; font-weight: 700; }
.message .message { margin-top: 12px; }
.crisis {
  padding: 16px;
  border-color: var(--calm-line);
  background: var(--calm-surface);
  font-size: 1.0625em;
}
.crisis > .who { color: var(--text); }

h4 { margin-top: 14px; font-size: 0.9375em; font-weight: 650; }
.sources ul, .contacts { list-style: none; }
.prose .contacts { padding: 0; margin: 0 0 0.75em; }
.sources a { display: inline-block; padding: 4px 0; }
.contacts li { margin-top: 8px; }
.contact {
  display: grid;
  grid-template-columns: 1fr;
  min-height: 44px;
  padding: 10px 14px;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--surface);
  color: var(--text);
  text-decoration: none;
}
a.contact:hover { border-color: var(--text); }
.contact .label { font-size: 0.9375em; color: var(--subtle); }
a.contact .value { color: var(--strong); font-weight: 600; text-decoration: underline; }
.contact.phone { grid-template-columns: auto 1fr; column-gap: 14px; align-items: center; }
.contact.phone svg { grid-row: 1 / 3; color: var(--strong); }
.contact.phone .value { font-size: 1.25em; font-weight: 700; text-decoration: none; }
.crisis .contact { border: 2px solid var(--calm-line); }
.crisis .contact :is(.label, .value) { color: var(--text); }
.crisis .contact.phone .value { font-size: 1.625em; line-height: 1.25; }
.crisis .contact.phone svg { width: 1.75em; height: 1.75em; color: var(--calm-line); }
.state {
  display: inline-block;
  margin: 8px 8px 0 0;
  padding: 2px 10px;
  border-radius: 4px;
  background: var(--raised);
  font-size: 0.9375em;
  font-weight: 600;
}

.options { display: grid; gap: 8px; margin-top: 12px; }
.guest {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 8px 12px;
  padding: 8px 16px;
  border-top: 3px solid var(--other);
  background: var(--raised);
  font-weight: 600;
}
.guest p { display: flex; align-items: center; gap: 8px; color: var(--other); }
.guest .secondary { width: auto; margin: 0; }

.option, .to-human, .secondary, .primary {
  min-height: 44px;
  padding: 8px 16px;
  border: 2px solid var(--strong);
  border-radius: var(--radius);
  background: var(--surface);
  color: var(--strong);
  font-weight: 550;
  text-align: start;
}
.option:hover, .to-human:hover {
  background: color-mix(in srgb, var(--strong) 10%, var(--surface));
}
.option[aria-pressed="true"] { box-shadow: inset 4px 0 var(--strong); }
.popular { margin-top: 24px; }
.popular h3 { font-weight: 650; }
.go {
  display: inline-block;
  margin-top: 10px;
  padding: 9px 16px;
  border-radius: var(--radius);
  background: var(--accent);
  color: var(--on-accent);
  font-weight: 600;
  text-decoration: none;
}
.to-human {
  display: flex;
  justify-content: center;
  align-items: center;
  gap: 10px;
  width: 100%;
}
.message .to-human { width: auto; margin-top: 12px; }
.secondary {
  display: inline-flex;
  align-items: center;
  gap: 8px;
  border: 1px solid var(--edge);
  color: var(--text);
  text-align: center;
}
.confirm .secondary, .confirm .primary { justify-content: center; }
.primary { background: var(--accent); color: var(--on-accent); text-align: center; }
.feedback {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px;
  margin-top: 16px;
  padding-top: 12px;
  border-top: 1px solid var(--line);
  font-size: 0.9375em;
}
.no svg { transform: scaleY(-1); }
.feedback > p { flex: 1; min-width: 9em; }
.feedback form { display: grid; gap: 8px; flex-basis: 100%; justify-items: start; }
.feedback label { width: 100%; }

.failure {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px 12px;
  padding: 10px 14px;
  border-inline-start: 4px solid var(--warn-line);
  background: var(--warn-surface);
  font-size: 0.9375em;
}
.failure p { flex: 1; min-width: 12em; }
.visitor .failure { margin-top: 8px; }
.typing .dots { display: inline-flex; gap: 5px; margin-top: 20px; }
.dots i {
  width: 9px;
  height: 9px;
  border-radius: 50%;
  background: var(--subtle);
  animation: blink 1.2s infinite;
}
.dots i:nth-child(2) { animation-delay: 0.2s; }
.dots i:nth-child(3) { animation-delay: 0.4s; }
@keyframes blink { 30% { opacity: 0.25; } }

.footer {
  padding: 12px 20px 14px;
  border-top: 1px solid var(--line);
  background: var(--surface);
}
.footer label { display: block; margin: 10px 0 4px; font-size: 0.9375em; font-weight: 600; }
.row { display: flex; align-items: flex-end; gap: 8px; }
textarea {
  flex: 1;
  display: block;
  width: 100%;
  min-height: 48px;
  max-height: 8.5em;
  padding: 10px 12px;
  border: 1px solid var(--edge);
  border-radius: var(--radius);
  background: var(--surface);
  resize: none;
}
textarea[aria-invalid="true"] { border: 2px solid var(--warn-line); }
.send {
  display: grid;
  place-items: center;
  width: 48px;
  height: 48px;
  flex: none;
  padding: 0;
  border: 1px solid transparent;
  border-radius: var(--radius);
  background: var(--accent);
  color: var(--on-accent);
}
.send[aria-disabled="true"] { background: var(--edge); color: var(--surface); cursor: default; }
.counter:not(:empty) { margin-top: 4px; font-size: 0.875em; color: var(--subtle); }
.counter.over { font-weight: 650; color: var(--text); }
.privacy { margin-top: 8px; font-size: 0.8125em; line-height: 1.4; color: var(--subtle); }

@media (max-width: 480px), (max-height: 520px) {
  :host { --offset: 16px; }
  dialog {
    inset: 0;
    width: 100%;
    height: var(--visible, 100dvh);
    border: 0;
    border-radius: 0;
  }
  .header { padding: 6px 8px 6px 16px; }
  .note { flex-basis: auto; }
  .scroll { padding: 16px; }
  .footer { padding: 8px 16px 10px; }
  .footer label { margin-top: 6px; }
}
@media (max-height: 520px) {
  .footer label { position: absolute; clip-path: inset(50%); }
  .row { margin-top: 8px; }
  .note { display: none; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; }
}
@media print {
  :host { display: none; }
}
`;
