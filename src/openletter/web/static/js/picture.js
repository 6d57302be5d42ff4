// A chart as a PNG file. By a Blob: the page's policy keeps scripts from fetching data: addresses.

export function savePicture(chart, paper, name) {
  const [, encoded] = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: paper }).split(",");
  const octets = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([octets], { type: "image/png" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name}.png`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
