package federationtest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
)

// Request is a sign-in as the provider saw it.
type Request struct {
	// Parameters are those of the authorization request, also where it was pushed.
	Parameters url.Values
	// Issuer is who will say to have made the ID token, Directory its Entra directory ("" for Issuer()).
	Issuer, Directory string

	// entra says by which rules claims are made.
	entra bool
}

// Script is what a provider does differently; the zero value is honest. Do not change a map of a script once it is set.
type Script struct {
	// Claims are put over those of the honest ID token; nil as a value takes a claim away.
	Claims func(Request) map[string]any
	// Signing is how ID tokens are signed; the zero value is how they should be.
	Signing Signing
	// Tamper has the last word about the ID token as it is sent.
	Tamper func(token string) string
	// Directory is where people of a shared authority come from; "" is HomeDirectory.
	Directory string
	// Discovery edits the document before it is sent.
	Discovery func(map[string]any)
	// Keys edits the key set before it is sent; each key is a JWK.
	Keys func([]map[string]any) []map[string]any
	// CacheControl is sent with the document and the keys.
	CacheControl string
	// PAR offers pushed requests, PARRequired refuses others.
	PAR, PARRequired bool
	// Iss sends the iss parameter (RFC 9207) and announces it; IssValue replaces its value.
	Iss      bool
	IssValue string
	// Back edits the parameters that go back to the redirect URI: code, state, iss.
	Back func(url.Values)
	// AuthorizationError and TokenError are answered instead of a code and of tokens.
	AuthorizationError, TokenError string
	// TokenResponse edits the answer of the token endpoint.
	TokenResponse func(map[string]any)
	// Userinfo is what UserInfo says; nil is {"sub":"alice"}.
	Userinfo map[string]any
	// Answer replaces an endpoint altogether.
	Answer map[Endpoint]http.HandlerFunc
}

// Endless answers with a body that never ends, as fast as it is read.
func Endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	chunk := bytes.Repeat([]byte(" "), 1<<14)
	for {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// Huge answers with n bytes of JSON white space and an empty object.
func Huge(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, io.MultiReader(bytes.NewReader(bytes.Repeat([]byte(" "), n)), bytes.NewReader([]byte("{}"))))
	}
}

// Stuck sends the head of an answer and then nothing until the client gives up.
func Stuck(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// Status answers with a status and this body.
func Status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// Redirect sends whoever asks to address.
func Redirect(address string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) }
}
