/**
 * What the widget itself says, in Bokmål, Nynorsk and English.
 *
 * Answers come from the server in whatever language the visitor writes; these
 * are only the buttons and notices around them.
 */

export const LANGUAGES = { nb: "Bokmål", nn: "Nynorsk", en: "English" };

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ku", "ps", "ur", "yi"]);

const TEXTS = {
  nb: {
    launch: "Spør oss",
    close: "Lukk chatten",
    menu: "Flere valg",
    bot: "Chatbot",
    botNote: "Du får automatiske svar",
    agentBadge: "Ansatt",
    agentNote: "Du snakker med et menneske",
    queueNote: "Du står i kø for å snakke med et menneske",
    closedNote: "Samtalen med et menneske er avsluttet",
    human: "Snakk med et menneske",
    download: "Last ned samtalen",
    erase: "Slett samtalen",
    eraseTitle: "Vil du slette samtalen?",
    eraseText: "Den blir borte både hos deg og hos oss, og kan ikke hentes tilbake.",
    eraseYes: "Ja, slett",
    cancel: "Avbryt",
    erased: "Samtalen er slettet.",
    language: "Språk",
    popular: "Mange spør om",
    hide: "Skjul meldingen",
    info: "Melding",
    warning: "Viktig melding",
    log: "Samtale",
    you: "Du skrev",
    agent: "Ansatt hos {name}",
    guest: "Du snakker med {name}",
    answers: "{name} svarer",
    typing: "{name} skriver …",
    input: "Skriv spørsmålet ditt",
    send: "Send",
    privacy: "Ikke skriv fødselsnummer eller andre sensitive opplysninger.",
    left: "{n} tegn igjen av {max}",
    tooLong: "{n} tegn for langt. Du kan skrive {max} tegn.",
    choices: "Velg det som passer",
    helpful: "Var dette til hjelp?",
    yes: "Ja",
    no: "Nei",
    missing: "Hva manglet? (valgfritt)",
    sendComment: "Send tilbakemelding",
    thanks: "Takk for tilbakemeldingen.",
    sources: "Les mer",
    goTo: "Gå til {host}",
    newTab: "åpnes i ny fane",
    contacts: "Slik når du oss",
    crisis: "Her kan du få hjelp nå",
    position: "Plass {n} i køen",
    waitTime: "Omtrent {n} minutter ventetid",
    offline: "Ikke sendt. Vi får ikke kontakt. Kanskje er du uten nett?",
    offlineStart: "Vi får ikke kontakt. Kanskje er du uten nett?",
    wait: "Det kom mange meldinger på kort tid. Vent {n} sekunder og prøv igjen.",
    failed: "Noe gikk galt hos oss. Prøv igjen om litt.",
    retry: "Prøv igjen",
  },
  nn: {
    launch: "Spør oss",
    close: "Lukk chatten",
    menu: "Fleire val",
    bot: "Chatbot",
    botNote: "Du får automatiske svar",
    agentBadge: "Tilsett",
    agentNote: "Du snakkar med eit menneske",
    queueNote: "Du står i kø for å snakke med eit menneske",
    closedNote: "Samtalen med eit menneske er avslutta",
    human: "Snakk med eit menneske",
    download: "Last ned samtalen",
    erase: "Slett samtalen",
    eraseTitle: "Vil du slette samtalen?",
    eraseText: "Han blir borte både hos deg og hos oss, og kan ikkje hentast tilbake.",
    eraseYes: "Ja, slett",
    cancel: "Avbryt",
    erased: "Samtalen er sletta.",
    language: "Språk",
    popular: "Mange spør om",
    hide: "Skjul meldinga",
    info: "Melding",
    warning: "Viktig melding",
    log: "Samtale",
    you: "Du skreiv",
    agent: "Tilsett hos {name}",
    guest: "Du snakkar med {name}",
    answers: "{name} svarar",
    typing: "{name} skriv …",
    input: "Skriv spørsmålet ditt",
    send: "Send",
    privacy: "Ikkje skriv fødselsnummer eller andre sensitive opplysningar.",
    left: "{n} teikn att av {max}",
    tooLong: "{n} teikn for langt. Du kan skrive {max} teikn.",
    choices: "Vel det som passar",
    helpful: "Var dette til hjelp?",
    yes: "Ja",
    no: "Nei",
    missing: "Kva mangla? (valfritt)",
    sendComment: "Send tilbakemelding",
    thanks: "Takk for tilbakemeldinga.",
    sources: "Les meir",
    goTo: "Gå til {host}",
    newTab: "blir opna i ny fane",
    contacts: "Slik når du oss",
    crisis: "Her kan du få hjelp no",
    position: "Plass {n} i køen",
    waitTime: "Om lag {n} minutt ventetid",
    offline: "Ikkje sendt. Vi får ikkje kontakt. Kanskje er du utan nett?",
    offlineStart: "Vi får ikkje kontakt. Kanskje er du utan nett?",
    wait: "Det kom mange meldingar på kort tid. Vent {n} sekund og prøv igjen.",
    failed: "Noko gjekk gale hos oss. Prøv igjen om litt.",
    retry: "Prøv igjen",
  },
  en: {
    launch: "Ask us",
    close: "Close the chat",
    menu: "More choices",
    bot: "Chatbot",
    botNote: "You get automatic answers",
    agentBadge: "Staff",
    agentNote: "You are talking to a human",
    queueNote: "You are in line to talk to a human",
    closedNote: "The conversation with a human has ended",
    human: "Talk to a human",
    download: "Download the conversation",
    erase: "Delete the conversation",
    eraseTitle: "Delete the conversation?",
    eraseText: "It disappears both here and from us, and cannot be brought back.",
    eraseYes: "Yes, delete",
    cancel: "Cancel",
    erased: "The conversation is deleted.",
    language: "Language",
    popular: "Many people ask",
    hide: "Hide the notice",
    info: "Notice",
    warning: "Important notice",
    log: "Conversation",
    you: "You wrote",
    agent: "Staff at {name}",
    guest: "You are talking to {name}",
    answers: "{name} answers",
    typing: "{name} is writing …",
    input: "Write your question",
    send: "Send",
    privacy: "Do not write your national identity number or other sensitive information.",
    left: "{n} of {max} characters left",
    tooLong: "{n} characters too long. You can write {max} characters.",
    choices: "Choose what fits",
    helpful: "Was this helpful?",
    yes: "Yes",
    no: "No",
    missing: "What was missing? (optional)",
    sendComment: "Send feedback",
    thanks: "Thank you for your feedback.",
    sources: "Read more",
    goTo: "Go to {host}",
    newTab: "opens in a new tab",
    contacts: "How to reach us",
    crisis: "Get help now",
    position: "Number {n} in line",
    waitTime: "About {n} minutes to wait",
    offline: "Not sent. We cannot be reached. Are you offline?",
    offlineStart: "We cannot be reached. Are you offline?",
    wait: "That was many messages in a short time. Wait {n} seconds and try again.",
    failed: "Something went wrong on our side. Try again in a little while.",
    retry: "Try again",
  },
};

/** The primary language of a BCP 47 tag, with "no" read as Bokmål: "no-NO" -> "nb". */
export function primaryLanguage(tag) {
  const primary = (tag || "").toLowerCase().split("-")[0];
  if (!/^[a-z]{2,3}$/.test(primary) || primary === "no") return "nb";
  return primary;
}

/** The language of the buttons: the visitor's if we have it, else English. */
export function interfaceLanguage(language) {
  return language in TEXTS ? language : "en";
}

/** "rtl" or "ltr". */
export function direction(language) {
  return RIGHT_TO_LEFT.has(primaryLanguage(language)) ? "rtl" : "ltr";
}

/**
 * A function from the name of a text to the text, its `{holes}` filled.
 * @param {string} language one of LANGUAGES
 * @returns {(name: string, values?: Record<string, string|number>) => string}
 */
export function textsIn(language) {
  const texts = TEXTS[language];
  return (name, values = {}) =>
    texts[name].replace(/\{(\w+)\}/g, (_, hole) => String(values[hole]));
}
