"""What nobody could answer, gathered from all bodies: one gap for each thing asked.

store       `Gaps`: what others use of all this
recorder    records questions, those of the same moment together; keeps the clusters in memory
recording   what one transaction of recording does to one brain; recorded: a question
clusters    which gap a question belongs to: clusters of vectors, as memory holds them
affinity    how alike questions and gaps are; tidying: what to merge and move, as a plan
frames      questions in the same words but one, which need different things
heat        what sorts gaps: how much one matters now
listing     gaps and questions found and listed; views: as a curator, or an editor, sees them
words       one gap's questions, each wording once
overview    a brain's gaps in numbers
changing    a transaction for what curators do; work, moving: what they do
tidier      carries out what tidying plans, in the background
asking      a gap's questions, to ask them again
forwarding  a gap's questions on their way to another brain
events      the history of a gap
spared      what a fix was worth
dismissed   questions that curators have refused
embedding   vectors of questions that another encoder saw first
rows        the tables and the clock
"""

from brains.gaps.recorded import Asked
from brains.gaps.store import Gaps

__all__ = ["Asked", "Gaps"]
