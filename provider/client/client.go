// Package client is the registered applications (relying parties): what they are, what they may ask for,
// and where answers to them may be sent.
//
// It owns the rows of clients: how one is made, found, and how its secret and its redirect URIs are
// compared. It knows no HTTP and decides nothing about people. The Registry answers from memory and never
// decides revocation: whatever issues or looks up a token reads "disabled" from the row. Callers are
// provider/issuer and the command line.
//
// It has no dependency beyond sallyport's own packages: the comparison of redirect URIs is a comparison
// of strings, and a URL parser in it would be the attack surface (gauntlet E04).
package client

import (
	"crypto/subtle"
	"slices"

	"sallyport/provider/token"
	"sallyport/storage/db"
)

// The values of the columns of clients.
const (
	Web       = "web"
	Native    = "native"
	UserAgent = "user_agent"
	Service   = "service"

	SecretBasic = "client_secret_basic"
	SecretPost  = "client_secret_post"
	None        = "none"

	AuthorizationCode = "authorization_code"
	RefreshToken      = "refresh_token"
	ClientCredentials = "client_credentials"

	Opaque = "opaque"
	JWT    = "jwt"
)

// Client is a registered application as its row stood when it was read.
type Client struct{ db.Client }

// Public reports whether the client has no secret and so cannot prove who it is (RFC 6749 2.1).
func (c Client) Public() bool { return c.AuthMethod == None }

// Allows reports whether the client may use the grant type.
func (c Client) Allows(grant string) bool { return slices.Contains(c.GrantTypes, grant) }

// Confirms compares a presented secret with the stored hash in constant time; false for a public client.
func (c Client) Confirms(secret string) bool {
	return len(c.SecretHash) > 0 && subtle.ConstantTimeCompare(token.Hash(secret), c.SecretHash) == 1
}

// Scoped keeps of the asked scopes those that the client is registered for, each once, in the order asked.
func (c Client) Scoped(asked []string) []string {
	out := []string{}
	for _, s := range asked {
		if slices.Contains(c.Scopes, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
