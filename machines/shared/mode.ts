/** The modes that every actor makes explicit. */
export type Mode = 'online' | 'offline' | 'fallback' | 'resync';
