package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
)

// Options say where a server lives and how it works.
type Options struct {
	Dir      string       // data_dir: absolute; made if missing, private to us
	Log      *slog.Logger // takes the server's words, most at debug; nil drops them
	Volatile bool         // gives up durability for speed; for tests only
}

// Server is a running PostgreSQL: our own child, or, after Attach, that of
// another sallyport on the same data directory.
type Server struct {
	sockets string
	cluster *cluster // nil when attached
	lock    *os.File

	end   context.CancelFunc // asks the supervisor to stop the child
	hurry context.CancelFunc // ends its patience while it does
	ended chan struct{}      // closed when the supervisor has returned
	done  chan struct{}
	err   error // why the server is lost; to be read after done

	once    sync.Once
	stopErr error
}

// Start runs the server of o.Dir, making cluster, roles and database if they are
// missing, and returns when it accepts connections or ctx ends. It fails with
// ErrNoServer, ErrInUse, ErrUnreachable or ErrUnsafe, or with the server's last words.
func Start(ctx context.Context, o Options) (*Server, error) {
	if !filepath.IsAbs(o.Dir) {
		return nil, fmt.Errorf("data_dir %q is not an absolute path", o.Dir)
	}
	o.Dir = filepath.Clean(o.Dir)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := claimDir(o.Dir); err != nil {
		return nil, err
	}
	lock, err := takeLock(o.Dir)
	if err != nil {
		return nil, err
	}
	s, err := own(ctx, o, lock)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return s, nil
}

// own brings up the server of a directory whose lock we hold.
func own(ctx context.Context, o Options, lock *os.File) (*Server, error) {
	c, err := survey(o)
	if err != nil {
		return nil, err
	}
	if err := c.ensure(ctx); err != nil {
		return nil, err
	}
	if err := c.admit(); err != nil {
		return nil, err
	}
	child, err := c.launch(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{sockets: c.sockets, cluster: c, lock: lock, ended: make(chan struct{}), done: make(chan struct{})}
	if err := s.populate(ctx); err != nil {
		return nil, errors.Join(err, child.stop(ctx))
	}
	s.begin(child)
	return s, nil
}

// URL is the connection string of the database sallyport for a role: postgres,
// sallyport_owner or sallyport.
func (s *Server) URL(role string) string { return s.URLFor(role, database) }

// URLFor is the connection string of any database for a role.
func (s *Server) URLFor(role, database string) string {
	query := url.Values{"host": {s.sockets}, "port": {port}}
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: query.Encode()}
	return u.String()
}

// Done is closed when the server ended and could not be brought back; neither
// Stop nor the end of a server we only joined closes it.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err says why the server is lost, once Done is closed.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}
