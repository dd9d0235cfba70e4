import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock, TimerHandle } from '../../runtime/clock.ts';

/**
 * Cuts a socket whose peer began a frame and then sent nothing for `stallMs`. A frame that trickles in is left to
 * the pings: no pong can come before it ends. Call it right after `ws` took the stream over, so that its listener runs first.
 */
export function cutStalledFrames(ws: WebSocket, stream: Duplex, clock: Clock, stallMs: number): void {
  let frames = 0;
  let framesBefore = 0;
  let timer: TimerHandle | undefined;
  const disarm = (): void => {
    if (timer !== undefined) clock.clearTimer(timer);
    timer = undefined;
  };
  const arm = (): void => {
    timer = clock.setTimer(stallMs, () => {
      // While we do not read, the rest of the frame may lie in the peer's buffer.
      if (ws.isPaused) arm();
      else ws.terminate();
    });
  };
  const count = (): void => {
    frames += 1;
  };
  ws.on('message', count).on('ping', count).on('pong', count).on('close', disarm);
  stream.on('data', () => {
    const isPartOfFrame = frames === framesBefore;
    framesBefore = frames;
    disarm();
    if (isPartOfFrame) arm();
  });
}
