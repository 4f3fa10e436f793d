package issuer

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// document is a public JSON document, written once.
type document struct {
	body []byte
	etag string
}

func newDocument(content any) document {
	body, err := json.Marshal(content)
	if err != nil {
		panic("issuer: a document of strings and public keys always encodes: " + err.Error())
	}
	sum := sha256.Sum256(body)
	return document{body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// serve answers the document, or 304 to whoever has it (RFC 9110 13.1.2).
func (d document) serve(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("ETag", d.etag)
	if d.matches(r.Header.Get("If-None-Match")) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	// The caller may have gone; there is nobody left to tell.
	_, _ = w.Write(d.body)
	return nil
}

func (d document) matches(header string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == d.etag || tag == "*" {
			return true
		}
	}
	return false
}

func writeJSON(w http.ResponseWriter, status int, content any) error {
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return nil
}
