package federationtest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// discovery is the document of whoever is asked; Entra's shared authorities call themselves a template.
func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	s, dir := p.current(), r.PathValue("dir")
	issuer, at := p.URL, p.URL
	if dir != "" {
		issuer, at = p.Directory(dir), p.URL+"/"+dir
	}
	if shared(dir) {
		issuer = p.Directory("{tenantid}")
	}
	d := map[string]any{
		"issuer": issuer, "authorization_endpoint": at + "/" + string(Authorization), "token_endpoint": at + "/" + string(Token),
		"jwks_uri": at + "/" + string(Keys), "end_session_endpoint": at + "/" + string(EndSession), "userinfo_endpoint": at + "/" + string(Userinfo),
		"id_token_signing_alg_values_supported": []string{"ES256", "RS256", "PS256", "EdDSA"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "private_key_jwt"},
		"response_types_supported":              []string{"code"}, "response_modes_supported": []string{"query", "form_post"},
		"subject_types_supported": []string{"public"}, "backchannel_logout_supported": true,
		"authorization_response_iss_parameter_supported": s.Iss, "require_pushed_authorization_requests": s.PARRequired,
	}
	if s.PAR || s.PARRequired {
		d["pushed_authorization_request_endpoint"] = at + "/" + string(PAR)
	}
	if s.Discovery != nil {
		s.Discovery(d)
	}
	reply(w, s.CacheControl, http.StatusOK, d)
}

func (p *Provider) jwks(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	s, keys := p.script, p.ring.published(p.URL, r.PathValue("dir") != "")
	p.mu.Unlock()
	if s.Keys != nil {
		keys = s.Keys(keys)
	}
	reply(w, s.CacheControl, http.StatusOK, map[string]any{"keys": keys})
}

func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.note(func(n *record) { n.ended = append(n.ended, r.Form) })
	if back := r.Form.Get("post_logout_redirect_uri"); back != "" {
		http.Redirect(w, r, with(back, "state", r.Form.Get("state")), http.StatusFound)
	}
}

func (p *Provider) userinfo(w http.ResponseWriter, _ *http.Request) {
	said := p.current().Userinfo
	if said == nil {
		said = map[string]any{"sub": "alice"}
	}
	reply(w, "", http.StatusOK, said)
}

func shared(dir string) bool { return dir == "organizations" || dir == "common" }

func reply(w http.ResponseWriter, cache string, status int, body any) {
	if cache != "" {
		w.Header().Set("Cache-Control", cache)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, word, why string) {
	reply(w, "no-store", status, map[string]any{"error": word, "error_description": strings.TrimSpace(why)})
}
