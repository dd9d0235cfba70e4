/** Where the page that draws the machines is hosted. */
export const STATELY_ORIGIN = 'https://stately.ai';

/**
 * The page that a developer opens: it hands the feed to Stately's inspector in a frame. That inspector is hosted by
 * Stately, so the frame is only loaded after a click that says so.
 */
export function inspectorPage(nonce: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Holdfast: inspector</title>
<style nonce="${nonce}">
  html, body { margin: 0; height: 100%; font: 16px/1.5 system-ui, sans-serif; }
  main { max-width: 40rem; margin: 15vh auto; padding: 0 1rem; }
  button { font: inherit; padding: .6rem 1rem; min-height: 44px; }
  iframe { width: 100%; height: 100%; border: 0; display: block; }
</style>
</head>
<body>
<main>
  <h1>Machines of this site</h1>
  <p>The inspector's page is hosted by Stately (stately.ai). If you open it, the names of this site's actors, the
  shape of their machines, their states and the types of their events are handed to that page. Context and event
  payloads are redacted here first.</p>
  <button type="button">Open the Stately inspector</button>
</main>
<script nonce="${nonce}">
  document.querySelector('button').addEventListener('click', () => {
    const frame = document.createElement('iframe');
    frame.title = 'Stately inspector';
    frame.src = '${STATELY_ORIGIN}/inspect';
    const waiting = [];
    let connected = false;
    const pass = (data) => frame.contentWindow.postMessage(data, '${STATELY_ORIGIN}');
    addEventListener('message', (event) => {
      if (event.origin !== '${STATELY_ORIGIN}' || event.data?.type !== '@statelyai.connected') return;
      connected = true;
      for (const data of waiting.splice(0)) pass(data);
    });
    document.body.replaceChildren(frame);
    const feed = new WebSocket('ws://' + location.host);
    feed.onmessage = (event) => {
      const data = JSON.parse(event.data);
      if (connected) pass(data);
      else if (waiting.length < 20000) waiting.push(data);
    };
  });
</script>
</body>
</html>
`;
}
