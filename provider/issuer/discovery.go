package issuer

import (
	"sallyport/mfa"
	"sallyport/provider/client"
	"sallyport/templates"
)

// metadata is what we tell about ourselves (OpenID Connect Discovery 3, RFC 8414 2). Only what exists is in it.
type metadata struct {
	Issuer              string   `json:"issuer"`
	Authorization       string   `json:"authorization_endpoint"`
	Token               string   `json:"token_endpoint"`
	Userinfo            string   `json:"userinfo_endpoint"`
	JWKS                string   `json:"jwks_uri"`
	Introspection       string   `json:"introspection_endpoint"`
	Revocation          string   `json:"revocation_endpoint"`
	EndSession          string   `json:"end_session_endpoint"`
	Scopes              []string `json:"scopes_supported"`
	ResponseTypes       []string `json:"response_types_supported"`
	ResponseModes       []string `json:"response_modes_supported"`
	GrantTypes          []string `json:"grant_types_supported"`
	ACRs                []string `json:"acr_values_supported"`
	Subjects            []string `json:"subject_types_supported"`
	IDTokenAlgs         []string `json:"id_token_signing_alg_values_supported"`
	TokenAuth           []string `json:"token_endpoint_auth_methods_supported"`
	IntrospectionAuth   []string `json:"introspection_endpoint_auth_methods_supported"`
	RevocationAuth      []string `json:"revocation_endpoint_auth_methods_supported"`
	ClaimTypes          []string `json:"claim_types_supported"`
	Claims              []string `json:"claims_supported"`
	Locales             []string `json:"ui_locales_supported"`
	ChallengeMethods    []string `json:"code_challenge_methods_supported"`
	Prompts             []string `json:"prompt_values_supported"`
	ClaimsParameter     bool     `json:"claims_parameter_supported"`
	RequestParameter    bool     `json:"request_parameter_supported"`
	RequestURIParameter bool     `json:"request_uri_parameter_supported"`
	ResponseIssuer      bool     `json:"authorization_response_iss_parameter_supported"`
}

func metadataOf(issuer string) metadata {
	secrets := []string{client.SecretBasic, client.SecretPost}
	all := append(append([]string{}, secrets...), client.None)
	algs := make([]string, len(algorithms))
	for i, a := range algorithms {
		algs[i] = string(a)
	}
	var locales []string
	for _, l := range templates.Languages() {
		locales = append(locales, l.String())
	}
	return metadata{
		Issuer: issuer, Authorization: issuer + "/authorize", Token: issuer + "/token", Userinfo: issuer + "/userinfo",
		JWKS: issuer + "/jwks", Introspection: issuer + "/introspect", Revocation: issuer + "/revoke", EndSession: issuer + "/end_session",
		Scopes:        []string{"openid", "profile", "email", "offline_access"},
		ResponseTypes: []string{"code"}, ResponseModes: responseModes,
		GrantTypes: grants, ACRs: mfa.ACRs(), Subjects: []string{"public"}, IDTokenAlgs: algs,
		TokenAuth: all, IntrospectionAuth: secrets, RevocationAuth: all, ClaimTypes: []string{"normal"},
		Claims: []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid", "tid", "tenant",
			"name", "email", "email_verified"},
		Locales: locales, ChallengeMethods: []string{"S256"}, Prompts: prompts,
		ClaimsParameter: true, ResponseIssuer: true,
	}
}

// grants are the grant types of the token endpoint.
var grants = []string{client.AuthorizationCode, client.RefreshToken, client.ClientCredentials}
