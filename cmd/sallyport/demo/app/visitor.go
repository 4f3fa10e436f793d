package app

import (
	"net/http"
	"sync"

	"golang.org/x/oauth2"
)

// visitor is one browser. A visitor is never changed, only replaced: two requests may hold the same one.
type visitor struct {
	asked   *question // a sign-in under way
	tokens  *oauth2.Token
	idToken string // as it came, for the sign-out
	claims  map[string]any
	about   map[string]any // from the userinfo endpoint
	notice  string
	failure *failure
}

// question is what the answer of the provider must fit.
type question struct{ state, nonce, verifier string }

// failure is an error as the provider gave it, or as we found it.
type failure struct{ Code, Description string }

// most visitors the demo remembers: it is for a person or two, and memory is not for whoever sends requests.
const most = 1000

type visitors struct {
	mu  sync.Mutex
	all map[string]*visitor
}

func (v *visitors) find(name string) *visitor {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.all[name]
}

func (v *visitors) keep(name string, one *visitor) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.all) >= most {
		clear(v.all)
	}
	v.all[name] = one
}

func (v *visitors) drop(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.all, name)
}

// calm forgets what has been said once.
func (v *visitors) calm(r *http.Request) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if one := v.all[c.Value]; one != nil {
		next := *one
		next.notice, next.failure = "", nil
		v.all[c.Value] = &next
	}
}
