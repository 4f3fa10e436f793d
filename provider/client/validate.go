package client

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// fault is one rule of registration: the words for people, and whether it is broken.
type fault struct {
	broken bool
	says   string
}

func (n New) validate() error {
	for _, f := range slices.Concat(n.namesFaults(), n.kindFaults(), n.grantFaults()) {
		if f.broken {
			return fmt.Errorf("%w: %s", ErrInvalid, f.says)
		}
	}
	for _, uri := range n.RedirectURIs {
		if err := checkURI(uri, n.ApplicationType); err != nil {
			return err
		}
	}
	for _, uri := range n.PostLogoutRedirectURIs {
		if err := checkURI(uri, n.ApplicationType); err != nil {
			return err
		}
	}
	return nil
}

// scopeForm is scope-token of RFC 6749 3.3.
var scopeForm = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,100}$`)

func (n New) namesFaults() []fault {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	malformed := func(s string) bool { return !scopeForm.MatchString(s) }
	many := func(lists ...[]string) bool {
		return slices.ContainsFunc(lists, func(l []string) bool { return len(l) > 50 })
	}
	return []fault{
		{!idForm.MatchString(n.ID), "the identifier may hold letters, digits and . _ ~ - only, at most 100"},
		{strings.TrimSpace(n.Name) == "" || len(n.Name) > 200 || strings.ContainsFunc(n.Name, unprintable), "the name must be 1 to 200 printable characters"},
		{slices.ContainsFunc(n.Scopes, malformed), "a scope is malformed"},
		{slices.ContainsFunc(n.Audience, malformed), "an audience is malformed"},
		{many(n.Scopes, n.Audience, n.RedirectURIs, n.PostLogoutRedirectURIs), "a list has more than 50 entries"},
	}
}

func (n New) kindFaults() []fault {
	secretless := n.ApplicationType == Native || n.ApplicationType == UserAgent
	return []fault{
		{!slices.Contains([]string{Web, Native, UserAgent, Service}, n.ApplicationType), "the application type must be web, native, user_agent or service"},
		{!slices.Contains([]string{SecretBasic, SecretPost, None}, n.AuthMethod), "the authentication method must be client_secret_basic, client_secret_post or none"},
		{secretless && n.AuthMethod != None, "an application on people's devices cannot keep a secret (RFC 8252 8.5): use the method none"},
		{n.ApplicationType == Service && n.AuthMethod == None, "a service needs a secret"},
		{n.AuthMethod == None && !n.RequirePKCE, "a client without a secret needs PKCE"},
		{!slices.Contains([]string{Opaque, JWT}, n.AccessTokenFormat), "the access token format must be opaque or jwt"},
		{!slices.Contains([]string{"ES256", "RS256"}, n.IDTokenAlg), "the ID token algorithm must be ES256 or RS256"},
	}
}

func (n New) grantFaults() []fault {
	has := func(grant string) bool { return slices.Contains(n.GrantTypes, grant) }
	unknown := func(grant string) bool {
		return !slices.Contains([]string{AuthorizationCode, RefreshToken, ClientCredentials}, grant)
	}
	return []fault{
		{len(n.GrantTypes) == 0, "a grant type is needed"},
		{slices.ContainsFunc(n.GrantTypes, unknown), "the grant types are authorization_code, refresh_token and client_credentials"},
		{has(RefreshToken) && !has(AuthorizationCode), "refresh_token follows from authorization_code only"},
		{has(ClientCredentials) && n.AuthMethod == None, "client_credentials needs a secret (RFC 6749 4.4)"},
		{n.ApplicationType == Service && has(AuthorizationCode), "a service signs nobody in"},
		{has(AuthorizationCode) != (len(n.RedirectURIs) > 0), "redirect URIs belong to authorization_code, which needs at least one"},
	}
}
