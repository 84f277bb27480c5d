import time, atexit, collections
import tests.journeys.visitors as v
T=collections.Counter(); N=collections.Counter()
def wrap(obj,name,label):
    f=getattr(obj,name)
    def g(*a,**k):
        t=time.perf_counter()
        try: return f(*a,**k)
        finally: T[label]+=time.perf_counter()-t; N[label]+=1
    setattr(obj,name,g)
wrap(v,'faults','axe'); wrap(v,'overflow','overflow'); wrap(v.Visitor,'look','look'); wrap(v.Visitor,'_go','go'); wrap(v.Visitor,'sees','sees')
