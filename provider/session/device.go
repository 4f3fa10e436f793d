package session

import (
	"slices"
	"strings"

	"sallyport/provider/token"
)

// DeviceCookie is the name of the cookie that holds the browser's secrets as a trusted device, one for each person
// who asked for it there.
const DeviceCookie = "device"

// Devices are the hashes of the secrets in the cookie; what is malformed is left out.
func Devices(cookie string) [][]byte {
	hashes := [][]byte{} // NULL would match nothing and cost a plan of its own
	for _, d := range devices(cookie) {
		hashes = append(hashes, d.Hash)
	}
	return hashes
}

func devices(cookie string) []token.Secret {
	var out []token.Secret
	for _, text := range strings.Split(cookie, "|") {
		if d, ok := token.Parse(token.Device, text); ok && len(out) < kept {
			out = append(out, d)
		}
	}
	return out
}

// PutDevice is the cookie's value with the new secret first, and without the spent one.
func PutDevice(cookie string, fresh token.Secret, spent []byte) string {
	texts := []string{fresh.Text}
	for _, d := range devices(cookie) {
		if !slices.Equal(d.Hash, spent) && len(texts) < kept {
			texts = append(texts, d.Text)
		}
	}
	return strings.Join(texts, "|")
}
