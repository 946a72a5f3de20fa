// CloudFront Function: the page's address has no file name, the bucket's objects have.
// It runs in CloudFront's own JavaScript, without modules.
function handler(event) {
  const request = event.request;
  if (request.uri === "/live-transcription" || request.uri === "/live-transcription/") {
    request.uri = "/live_transcription.html";
  }
  return request;
}
