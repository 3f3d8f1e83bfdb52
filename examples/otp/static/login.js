// A button that has to wait counts down. Without this script it can be pressed, and the server says how long.
for (const button of document.querySelectorAll("button[data-wait]")) {
  const label = button.textContent;
  const until = Date.now() + 1000 * Number(button.dataset.wait); // also right after the phone was asleep

  const show = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    button.textContent = left > 0 && left < 3600 ? `${label} (${clock})` : label;
    if (left > 0) setTimeout(show, 250);
  };
  show();
}
