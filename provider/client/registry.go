package client

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"sallyport/storage"
)

// most is how many clients stay in memory; beyond it somebody has to make room.
const most = 10_000

// Registry finds clients by their identifier and keeps them in memory. It is safe for concurrent use.
type Registry struct {
	Store *storage.Store

	mu     sync.Mutex
	loaded map[string]Client
	epoch  int
}

// Changed forgets what is in memory: somebody changed a client.
func (r *Registry) Changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loaded, r.epoch = nil, r.epoch+1
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,100}$`)

// Find answers by client_id. Errors: storage.ErrNotFound, also for a disabled client, or of storage.
// What is not known is not kept: the memory would belong to whoever asks for the most names (gauntlet L06).
func (r *Registry) Find(ctx context.Context, id string) (Client, error) {
	if !idForm.MatchString(id) {
		return Client{}, storage.ErrNotFound
	}
	c, epoch, ok := r.recall(id)
	if !ok {
		row, err := r.Store.AllTenants().ClientByIDAllTenants(ctx, id)
		if err != nil {
			return Client{}, fmt.Errorf("find client: %w", err)
		}
		c = Client{row}
		r.keep(c, epoch)
	}
	if c.Disabled {
		return Client{}, storage.ErrNotFound
	}
	return c, nil
}

func (r *Registry) recall(id string) (Client, int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.loaded[id]
	return c, r.epoch, ok
}

// keep drops what was read before a change that was announced meanwhile.
func (r *Registry) keep(c Client, epoch int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch != epoch {
		return
	}
	if r.loaded == nil {
		r.loaded = map[string]Client{}
	}
	for id := range r.loaded {
		if len(r.loaded) < most {
			break
		}
		delete(r.loaded, id) // any will do: it is read again when it is asked for
	}
	r.loaded[c.ID] = c
}
