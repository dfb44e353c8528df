// A browser and a person who says yes: follows redirects, keeps cookies, sends every form that is shown.
//
//   node oauth_browser.mjs ADDRESS          opens it, and goes where it leads
//   node oauth_browser.mjs --stop ADDRESS   prints the address that leads to this machine's port of the app, and does not go there
const stop = process.argv[2] === '--stop';
const app = '/callback';
const cookies = new Map();

async function ask(url, form) {
  const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  const answer = await fetch(url, { method: form ? 'POST' : 'GET', body: form, headers, redirect: 'manual' });
  for (const cookie of answer.headers.getSetCookie()) {
    const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
    if (value) cookies.set(name, value); else cookies.delete(name);
  }
  return answer;
}

const attribute = (tag, name) => tag.match(new RegExp(`${name}="([^"]*)"`))?.[1];

let at = new URL(process.argv.at(-1));
let form;
for (let step = 0; step < 20; step += 1) {
  if (stop && at.pathname === app) {
    console.log(at.href);
    process.exit(0);
  }
  const answer = await ask(at, form);
  form = undefined;
  if (answer.headers.has('location')) {
    at = new URL(answer.headers.get('location'), at);
    continue;
  }
  const page = await answer.text();
  const shown = page.match(/<form [^>]*>/)?.[0];
  if (!shown) process.exit(answer.ok ? 0 : 1);
  form = new URLSearchParams({ login: 'dana', password: 'any' });
  for (const [input] of page.matchAll(/<input\b[^>]*>/gs)) {
    const [name, value] = [attribute(input, 'name'), attribute(input, 'value')];
    if (name && value !== undefined) form.set(name, value);
  }
  at = new URL(attribute(shown, 'action') ?? at, at);
}
process.exit(1);
