package issuer

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"sallyport/provider/client"
)

// checks are the rules for a request of a trusted client, in the order in which they are told. The first one
// decides how the others are answered.
var checks = []func(*asked) error{
	checkMode, checkRepeated, checkObjects, checkType, checkGrant, checkBounds, checkScope, checkChallenge, checkPrompt, checkAge, checkDemand,
}

func checkMode(a *asked) error {
	mode := a.values.Get("response_mode")
	if mode == "" {
		mode = query
	}
	if !slices.Contains(responseModes, mode) {
		return invalidRequest("response_mode must be query, fragment or form_post")
	}
	// A page can post to the web only, and its policy cannot name an IPv6 address.
	if mode == formPost && (!strings.HasPrefix(a.request.RedirectURI, "http") || strings.Contains(a.request.RedirectURI, "[")) {
		return invalidRequest("response_mode form_post cannot reach this redirect_uri")
	}
	a.request.ResponseMode = mode
	return nil
}

func checkRepeated(a *asked) error {
	if len(a.repeated) > 0 {
		return invalidRequest("a parameter is repeated")
	}
	return nil
}

// checkObjects refuses what would change the request behind its parameters (OpenID Connect Core 3.1.2.6).
// Nothing is fetched.
func checkObjects(a *asked) error {
	for _, name := range []string{"request", "request_uri", "registration"} {
		if a.values.Has(name) {
			return refuse(name+"_not_supported", name+" is not offered")
		}
	}
	return nil
}

func checkType(a *asked) error {
	switch a.values.Get("response_type") {
	case "code":
		return nil
	case "":
		return invalidRequest("response_type is missing")
	}
	return refuse("unsupported_response_type", "response_type must be code")
}

func checkGrant(a *asked) error {
	if !a.client.Allows(client.AuthorizationCode) {
		return refuse("unauthorized_client", "this client may not use the authorization code grant")
	}
	return nil
}

// checkBounds limits what is kept for the client in the attempt's row.
func checkBounds(a *asked) error {
	for name, to := range map[string]*string{"state": &a.request.State, "nonce": &a.request.Nonce} {
		if *to = a.values.Get(name); len(*to) > 2<<10 {
			return invalidRequest(name + " is longer than 2048 bytes")
		}
	}
	a.request.LoginHint = bounded(a.values.Get("login_hint"), 254)
	a.request.Locales = bounded(a.values.Get("ui_locales"), 200)
	return nil
}

// checkScope drops what the client is not registered for: it is told the scope it got with its tokens.
func checkScope(a *asked) error {
	if len(a.values.Get("scope")) > 2<<10 {
		return refuse("invalid_scope", "scope is longer than 2048 bytes")
	}
	scopes := a.client.Scoped(strings.Fields(a.values.Get("scope")))
	if !a.client.Allows(client.RefreshToken) {
		scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == "offline_access" })
	}
	if len(scopes) == 0 {
		return refuse("invalid_scope", "none of the scopes is registered for this client")
	}
	a.request.Scopes = scopes
	return nil
}

// checkChallenge is PKCE with S256 and nothing else. Whoever sends half of it, or an empty one, has had it
// tampered with (RFC 7636 4.3, RFC 9700 2.1.1, gauntlet E03).
func checkChallenge(a *asked) error {
	if !a.values.Has("code_challenge") && !a.values.Has("code_challenge_method") {
		if a.client.RequirePkce || a.client.Public() {
			return invalidRequest("code_challenge is missing")
		}
		return nil
	}
	if a.values.Get("code_challenge_method") != "S256" {
		return invalidRequest("code_challenge_method must be S256")
	}
	challenge := a.values.Get("code_challenge")
	if b, err := base64.RawURLEncoding.Strict().DecodeString(challenge); err != nil || len(b) != 32 || len(challenge) != 43 {
		return invalidRequest("code_challenge must be the base64url of a SHA-256, 43 characters")
	}
	a.request.Challenge = challenge
	return nil
}

var prompts = []string{"none", "login", "consent", "select_account"}

func checkPrompt(a *asked) error {
	given := strings.Fields(a.values.Get("prompt"))
	slices.Sort(given)
	given = slices.Compact(given)
	for _, p := range given {
		if !slices.Contains(prompts, p) {
			return invalidRequest("prompt must be none, login, consent or select_account")
		}
	}
	if slices.Contains(given, "none") && len(given) > 1 {
		return invalidRequest("prompt none stands alone")
	}
	if a.request.Prompt = given; a.prompts("login") {
		a.request.Since = a.now
	}
	return nil
}

func (a *asked) prompts(p string) bool { return slices.Contains(a.request.Prompt, p) }

// checkAge turns max_age into the moment before which proofs do not count.
func checkAge(a *asked) error {
	text := a.values.Get("max_age")
	if text == "" {
		return nil
	}
	age, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return invalidRequest("max_age must be a number of seconds")
	}
	if since := a.now.Add(-time.Duration(age) * time.Second); since.After(a.request.Since) {
		a.request.Since = since
	}
	return nil
}
