package totp

// URI is what the QR code says: nothing else gives it out.
var URI = uri
