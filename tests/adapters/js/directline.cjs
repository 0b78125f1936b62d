// Bot Framework's own Direct Line client, unmodified, driven by JSON on standard input:
//   {"options": {..}, "turns": [activity | {"press": n}]}
// Each turn is posted once the bot has answered the one before; {"press": n} posts what Web Chat
// posts where button n of the bot's last message is pressed. Prints what was seen and where it ended.
globalThis.XMLHttpRequest = require("xhr2").XMLHttpRequest;
globalThis.WebSocket = class {}; // asked for as it is made, never used
const { DirectLine, ConnectionStatus } = require("botframework-directlinejs");

const WAIT_MS_MAX = 20_000;

const { options, turns } = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const line = new DirectLine({ webSocket: false, pollingInterval: 200, ...options });
const seen = [];
const posted = [];
const statuses = [];
let begun = 0;
let finished = false;

function finish(failure) {
  if (finished) return;
  finished = true;
  const { conversationId, token, watermark } = line;
  const status = statuses.map((number) => ConnectionStatus[number]);
  const shown = { seen, posted, status, conversationId, token, watermark, failure };
  process.stdout.write(JSON.stringify(shown), () => process.exit(0));
}

function pressed(index) {
  const asking = seen.filter((one) => one.from.role === "bot" && one.suggestedActions).pop();
  const { type, text, value, displayText } = asking.suggestedActions.actions[index];
  if (type === "imBack") return { type: "message", text: value };
  return { type: "message", text, value, channelData: { messageBack: { displayText } } };
}

function next() {
  if (begun === turns.length) return;
  const turn = turns[begun];
  begun += 1;
  const activity = "press" in turn ? pressed(turn.press) : { ...turn };
  activity.from = { id: "kari", name: "Kari", ...activity.from };
  line.postActivity(activity).subscribe((id) => {
    posted.push(id);
    if (activity.type !== "message") next();
    answered();
  }, (error) => finish(`${error} ${error.xhr ? error.xhr.responseText : ""}`));
}

function answered() {
  const last = posted[posted.length - 1];
  const isThere = seen.some((one) => one.replyToId === last && one.type === "message");
  if (!last || !isThere) return;
  if (posted.length === turns.length) setTimeout(finish, 100);
  else if (begun === posted.length) next();
}

line.connectionStatus$.subscribe((status) => {
  statuses.push(status);
  if (status === ConnectionStatus.FailedToConnect) finish("failed to connect");
});
line.activity$.subscribe((activity) => {
  seen.push(activity);
  if (begun === 0) next();
  else answered();
}, (error) => finish(String(error)));
setTimeout(() => finish("no answer in time"), WAIT_MS_MAX);
