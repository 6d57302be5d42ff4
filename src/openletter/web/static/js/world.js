// The map of the world, fetched once, and the projection that it is drawn in.

let loading;

export function loadMap(address) {
  loading ??= fetch(address, { credentials: "same-origin" })
    .then((answer) => {
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return answer.json();
    })
    .then((world) => echarts.registerMap("world", world));
  return loading;
}

// Equal Earth (Šavrič, Patterson, Jenny 2018): areas are true, so that no country looks worse for lying far north.
const [A1, A2, A3, A4] = [1.340264, -0.081106, 0.000893, 0.003796];
const M = Math.sqrt(3) / 2;
const RADIAN = Math.PI / 180;

const height = (t) => t * (A1 + t ** 2 * (A2 + t ** 4 * (A3 + t ** 2 * A4)));
const slope = (t) => A1 + 3 * A2 * t ** 2 + t ** 6 * (7 * A3 + 9 * A4 * t ** 2);

export const equalEarth = {
  project([longitude, latitude]) {
    const t = Math.asin(M * Math.sin(latitude * RADIAN));
    const x = (longitude * RADIAN * Math.cos(t)) / (M * slope(t));
    return [x / RADIAN, -height(t) / RADIAN];
  },
  unproject([x, y]) {
    const wanted = -y * RADIAN;
    let t = wanted;
    for (let round = 0; round < 12; round += 1) {
      const step = (height(t) - wanted) / slope(t);
      t -= step;
      if (Math.abs(step) < 1e-9) break;
    }
    const longitude = (x * RADIAN * M * slope(t)) / Math.cos(t);
    return [longitude / RADIAN, Math.asin(Math.sin(t) / M) / RADIAN];
  },
};
