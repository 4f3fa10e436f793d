package entra

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// request is an authorization request (OpenID Connect Core 1.0, 3.1.2.1).
type request struct {
	redirect, state, nonce, mode, challenge string
	scopes                                  []string
	login, domain                           string
	again, silent                           bool     // prompt=login, prompt=none
	contexts                                []string // the authentication contexts that the application asked for
}

// problem is an error in Entra's words; code is OAuth's.
type problem struct{ code, number, text string }

func (p problem) description() string { return p.number + ": " + p.text }

// addressed checks what decides where an answer goes: as long as that is wrong, errors are shown and sent nowhere.
func (p *provider) addressed(v url.Values) *problem {
	switch {
	case v.Get("client_id") != ClientID:
		return &problem{"invalid_client", "AADSTS700016", "No application with this client_id is registered here."}
	case !p.ours(v.Get("redirect_uri")):
		return &problem{"invalid_request", "AADSTS50011", "The redirect_uri is not one of the application's: it has to begin with " + p.Party + "/."}
	}
	return nil
}

func (p *provider) ours(address string) bool { return strings.HasPrefix(address, p.Party+"/") }

// read makes a request of the parameters; a problem goes back to the application.
func read(v url.Values) (request, *problem) {
	r := request{redirect: v.Get("redirect_uri"), state: v.Get("state"), nonce: v.Get("nonce"), mode: cmp.Or(v.Get("response_mode"), "query"),
		challenge: v.Get("code_challenge"), scopes: strings.Fields(v.Get("scope")), login: v.Get("login_hint"), domain: v.Get("domain_hint")}
	prompts := strings.Fields(v.Get("prompt"))
	r.again, r.silent = slices.Contains(prompts, "login"), slices.Contains(prompts, "none")
	contexts, ok := wanted(v.Get("claims"))
	r.contexts = contexts
	invalid := func(number, text string) (request, *problem) { return r, &problem{"invalid_request", number, text} }
	switch {
	case r.mode != "query" && r.mode != "form_post":
		r.mode = "query" // the answer has to go somewhere
		return invalid("AADSTS90023", "response_mode must be query or form_post.")
	case v.Get("response_type") != "code":
		return r, &problem{"unsupported_response_type", "AADSTS700054", "response_type must be code."}
	case !slices.Contains(r.scopes, "openid"):
		return invalid("AADSTS90023", "scope must have openid.")
	case r.challenge != "" && v.Get("code_challenge_method") != "S256":
		return invalid("AADSTS501481", "code_challenge_method must be S256.")
	case !ok:
		return invalid("AADSTS90015", "claims must be a JSON object as OpenID Connect Core 5.5 describes it.")
	case r.silent:
		return r, &problem{"login_required", "AADSTS50058", "Nobody is signed in: the simulated Entra remembers nobody."}
	}
	return r, nil
}

// wanted are the authentication contexts in the parameter claims (OpenID Connect Core 1.0, 5.5).
func wanted(claims string) (contexts []string, ok bool) {
	if claims == "" {
		return nil, true
	}
	var asked struct {
		Token map[string]*struct {
			Value  any   `json:"value"`
			Values []any `json:"values"`
		} `json:"id_token"`
	}
	if err := json.Unmarshal([]byte(claims), &asked); err != nil {
		return nil, false
	}
	one := asked.Token["acrs"]
	if one == nil {
		return nil, true
	}
	for _, v := range append(one.Values, one.Value) {
		if context, isText := v.(string); isText && context != "" && !slices.Contains(contexts, context) {
			contexts = append(contexts, context)
		}
	}
	return contexts[:min(len(contexts), 10)], true
}
