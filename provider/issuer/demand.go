package issuer

import (
	"encoding/json"
	"slices"
	"strings"

	"sallyport/mfa"
	"sallyport/storage/id"
)

// claimsParameter is what we read of the claims parameter (OpenID Connect Core 5.5). auth_time, acr and amr are
// in every ID token; userinfo goes by scope; all else is voluntary and left out, as 5.5.1 allows.
type claimsParameter struct {
	IDToken struct {
		ACR *claimRequest `json:"acr"`
		Sub *claimRequest `json:"sub"`
	} `json:"id_token"`
}

type claimRequest struct {
	Essential bool     `json:"essential"`
	Value     string   `json:"value"`
	Values    []string `json:"values"`
}

func (c *claimRequest) all() []string {
	if c == nil {
		return nil
	}
	return slices.DeleteFunc(append([]string{c.Value}, c.Values...), func(s string) bool { return s == "" })
}

// checkDemand reads how strongly somebody has to prove themselves: acr_values is a wish, an essential acr with
// values is a condition.
func checkDemand(a *asked) error {
	for _, value := range strings.Fields(bounded(a.values.Get("acr_values"), 2<<10)) {
		if level, ok := mfa.ParseACR(value); ok {
			a.request.Level = level
			break
		}
	}
	text := a.values.Get("claims")
	if text == "" {
		return nil
	}
	var c claimsParameter
	if len(text) > 4<<10 || json.Unmarshal([]byte(text), &c) != nil {
		return invalidRequest("claims cannot be read, or is longer than 4096 bytes")
	}
	if err := a.pin(c.IDToken.Sub.all()); err != nil {
		return err
	}
	return a.demand(c.IDToken.ACR)
}

// demand takes the lowest of the levels asked for: a higher one satisfies it.
func (a *asked) demand(acr *claimRequest) error {
	values := acr.all()
	if len(values) == 0 {
		return nil
	}
	lowest := mfa.None
	for _, value := range values {
		if level, ok := mfa.ParseACR(value); ok && (lowest == mfa.None || level < lowest) {
			lowest = level
		}
	}
	switch {
	case lowest == mfa.None && acr.Essential:
		return refuse(unmet, "no acr that was asked for is known here")
	case lowest != mfa.None:
		a.request.Level, a.request.Essential = lowest, acr.Essential
	}
	return nil
}

// unmet is the error of OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
const unmet = "unmet_authentication_requirements"

// pin admits only the person that was asked for (OpenID Connect Core 3.1.2.2).
func (a *asked) pin(subjects []string) error {
	for _, s := range subjects {
		var u id.User
		if err := u.Parse(s); err != nil || (!a.request.Subject.IsZero() && a.request.Subject != u) {
			return refuse("login_required", "the person asked for is not signed in")
		}
		a.request.Subject = u
	}
	return nil
}

// readHint verifies an ID token that we gave to the client (an empty one means: to any), in or out of date.
func (i *Issuer) readHint(text, clientID string) (*idClaims, error) {
	var c idClaims
	if err := i.keys.verify(text, idKind, &c); err != nil {
		return nil, err
	}
	if c.Issuer != i.name || c.Subject == "" || c.Audience == "" || (clientID != "" && c.Audience != clientID) {
		return nil, errForeign
	}
	return &c, nil
}

// checkHint pins the person whom the client believes to be signed in.
func (i *Issuer) checkHint(a *asked) error {
	text := a.values.Get("id_token_hint")
	if text == "" {
		return nil
	}
	var err error
	if a.hint, err = i.readHint(text, a.client.ID); err != nil {
		return invalidRequest("id_token_hint is not an ID token that was given to this client")
	}
	return a.pin([]string{a.hint.Subject})
}
