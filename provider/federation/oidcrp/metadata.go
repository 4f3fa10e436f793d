package oidcrp

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const maxAddress = 2048

// Metadata is a provider's discovery document (OpenID Connect Discovery 1.0, 3), after its check.
type Metadata struct {
	// Issuer is the provider's; for Entra's shared authorities it contains {tenantid}.
	Issuer string
	// Addresses; those that a provider does not have are empty.
	AuthorizationEndpoint, TokenEndpoint, JWKSURI, EndSessionEndpoint, PAREndpoint, UserinfoEndpoint string
	// IssParameter says that every answer names its issuer (RFC 9207), PARRequired that requests must be pushed (RFC 9126).
	IssParameter, PARRequired, BackchannelLogout bool
	// SigningAlgs are those that the provider announces and we accept.
	AuthMethods, SigningAlgs, ResponseModes, ACRValues, Claims []string
}

// accepted are the algorithms of signatures that only the provider can make. With HMAC our own secret would sign (and, for a
// careless library, the provider's public key), with none everybody would.
var accepted = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA}

type document struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Keys          string   `json:"jwks_uri"`
	EndSession    string   `json:"end_session_endpoint"`
	PAR           string   `json:"pushed_authorization_request_endpoint"`
	Userinfo      string   `json:"userinfo_endpoint"`
	Iss           bool     `json:"authorization_response_iss_parameter_supported"`
	PARRequired   bool     `json:"require_pushed_authorization_requests"`
	Backchannel   bool     `json:"backchannel_logout_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	Algs          []string `json:"id_token_signing_alg_values_supported"`
	Modes         []string `json:"response_modes_supported"`
	ACRs          []string `json:"acr_values_supported"`
	Claims        []string `json:"claims_supported"`
}

// readMetadata believes a document only about the issuer that was asked for; everything else would let one provider speak for
// another.
func readMetadata(body []byte, r Relying) (Metadata, error) {
	var d document
	if err := shallow(body); err != nil {
		return Metadata{}, unusable("read its document: %w", err)
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return Metadata{}, unusable("read its document: %w", err)
	}
	if d.Issuer != r.calls() {
		return Metadata{}, unusable("it calls itself %.200q", d.Issuer)
	}
	if err := d.addresses(r.Issuer); err != nil {
		return Metadata{}, err
	}
	algs := d.algorithms()
	if len(algs) == 0 {
		return Metadata{}, unusable("it signs with %.200q only", d.Algs)
	}
	return d.metadata(algs), nil
}

// calls is what the provider must call itself. Entra's shared authorities have no directory of their own and say so with a
// template; everybody else is compared letter by letter.
func (r Relying) calls() string {
	if !r.Entra {
		return r.Issuer
	}
	head, ok := strings.CutSuffix(strings.TrimSuffix(r.Issuer, "/"), "/v2.0")
	for _, shared := range []string{"/common", "/organizations"} {
		if at, found := strings.CutSuffix(head, shared); ok && found {
			return at + "/" + tenantTemplate + "/v2.0"
		}
	}
	return r.Issuer
}

func (d document) addresses(issuer string) error {
	plain := strings.HasPrefix(issuer, "http://")
	for name, a := range map[string]string{"authorization_endpoint": d.Authorization, "token_endpoint": d.Token, "jwks_uri": d.Keys} {
		if a == "" {
			return unusable("it has no %s", name)
		}
	}
	for _, a := range []string{d.Authorization, d.Token, d.Keys, d.EndSession, d.PAR, d.Userinfo} {
		u, err := url.Parse(a)
		if a != "" && (err != nil || len(a) > maxAddress || !web(u, plain)) {
			return unusable("%.200q is no address of an endpoint", a)
		}
	}
	if d.PARRequired && d.PAR == "" {
		return unusable("it requires pushed requests and has no address for them")
	}
	return nil
}

// web says whether u is an address on the web: a browser is sent there, and a secret.
func web(u *url.URL, plain bool) bool {
	secure := u.Scheme == "https" || plain && u.Scheme == "http"
	return secure && u.Host != "" && u.User == nil && u.Fragment == ""
}

// algorithms are those that both sides accept; without a word RS256 is meant (OpenID Connect Core 1.0, 15.1).
func (d document) algorithms() (both []string) {
	if d.Algs == nil {
		return []string{string(jose.RS256)}
	}
	for _, a := range accepted {
		if slices.Contains(d.Algs, string(a)) {
			both = append(both, string(a))
		}
	}
	return both
}

func (d document) metadata(algs []string) Metadata {
	return Metadata{
		Issuer: d.Issuer, AuthorizationEndpoint: d.Authorization, TokenEndpoint: d.Token, JWKSURI: d.Keys,
		EndSessionEndpoint: d.EndSession, PAREndpoint: d.PAR, UserinfoEndpoint: d.Userinfo,
		IssParameter: d.Iss, PARRequired: d.PARRequired, BackchannelLogout: d.Backchannel,
		AuthMethods: d.AuthMethods, SigningAlgs: algs, ResponseModes: d.Modes, ACRValues: d.ACRs, Claims: d.Claims,
	}
}
