package entra

import "net/http"

// discovery is OpenID Connect Discovery 1.0, section 4, as Entra answers it: where an authority stands for several
// directories, the issuer has {tenantid} in it, and PKCE works without being announced.
func (p *provider) discovery(w http.ResponseWriter, _ *http.Request, a authority) {
	base := p.Self + "/" + a.name
	reply(w, http.StatusOK, map[string]any{
		"issuer":                                Issuer(p.Self, a.tenant()),
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"token_endpoint":                        base + "/oauth2/v2.0/token",
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"end_session_endpoint":                  base + "/oauth2/v2.0/logout",
		"http_logout_supported":                 true,
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email"},
		"request_uri_parameter_supported":       false,
		"claims_supported": []string{"sub", "iss", "aud", "exp", "iat", "nbf", "auth_time", "nonce", "ver", "tid", "oid", "sid", "name",
			"preferred_username", "email", "xms_edov", "groups", "amr", "acrs", "acct", "login_hint"},
	})
}
